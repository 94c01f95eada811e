import { ApiError, NetworkError } from "./problem";
import { Session, type Tokens } from "./session";

export interface RequestOptions {
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  signal?: AbortSignal;
  /** Send no token and do not wait for the session: the calls that make one. */
  anonymous?: boolean;
  /** Ask by a share link's pass instead of as whoever is signed in. */
  pass?: string;
}

/** Calls the API and gives the JSON of its answer. Rejects with ApiError or NetworkError. */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  if (options.anonymous) return send<T>(method, path, options, undefined);
  if (options.pass !== undefined) return send<T>(method, path, options, `Share ${options.pass}`);
  await session.settled();
  const token = session.token;
  try {
    return await send<T>(method, path, options, token && `Bearer ${token}`);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401 && token !== undefined)) throw error;
    const fresh = session.token === token ? await session.refresh() : session.token;
    if (fresh === undefined) throw error;
    return send<T>(method, path, options, `Bearer ${fresh}`);
  }
}

async function send<T>(method: string, path: string, options: RequestOptions, who: string | undefined): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (who !== undefined) headers.authorization = who;
  let response: Response;
  try {
    response = await fetch(path + queryString(options.query), {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
      credentials: "same-origin",
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new NetworkError(error instanceof Error ? error.message : "");
  }
  const body = await readJson(response);
  if (!response.ok) throw new ApiError(response.status, body, response.headers.get("retry-after"));
  return body as T;
}

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  try {
    return await response.json();
  } catch {
    // A proxy's error page, or a body cut short; the status says the rest.
    if (response.ok) throw new NetworkError("the answer was cut short");
    return undefined;
  }
}

function queryString(query: RequestOptions["query"]): string {
  if (query === undefined) return "";
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) params.set(key, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

function localStore(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

export const session = new Session({
  refresh: () => request<Tokens>("POST", "/api/auth/refresh", { anonymous: true }),
  storage: localStore(),
  // Absent on plain http off loopback: then only this tab's own calls are kept apart.
  exclusive: async (task) =>
    globalThis.navigator?.locks ? await navigator.locks.request("vitascope.refresh", () => task()) : await task(),
});

globalThis.addEventListener?.("storage", (event) => session.flagChanged((event as StorageEvent).key));
