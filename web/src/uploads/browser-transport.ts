import { type RequestOptions, request, session } from "@/api/client";
import { ApiError, NetworkError } from "@/api/problem";
import type { InitResponse, SignedPart, UnfinishedUpload, UploadStatus, Video } from "@/api/types";
import type { Network, Transport } from "./types";

/** A call of somebody who is signed in. Asked as nobody, the server would say of a private video that it does not exist. */
async function own<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
  await session.settled();
  if (session.token === undefined) throw new ApiError(401, undefined);
  return request<T>(method, path, options);
}

/** The calls of an upload over fetch, and the bytes over XMLHttpRequest, which alone reports their progress. */
export const browserTransport: Transport = {
  init: (body) => own<InitResponse>("POST", "/api/videos/init", { body }),
  sign: async (id, numbers) =>
    (await own<{ parts: SignedPart[] }>("POST", `/api/videos/${id}/parts`, { body: { numbers } })).parts,
  put,
  status: (id) => own<UploadStatus>("GET", `/api/videos/${id}/upload`),
  complete: (id, count) => own<Video>("POST", `/api/videos/${id}/complete`, { body: { count } }),
  video: (id) => own<Video>("GET", `/api/videos/${id}`),
  edit: (id, body) => own<Video>("PATCH", `/api/videos/${id}`, { body }),
  remove: (id) => own<void>("DELETE", `/api/videos/${id}`),
  unfinished: async () => (await own<{ items: UnfinishedUpload[] }>("GET", "/api/me/uploads")).items,
};

/** Without a byte moving for this long, the connection counts as broken. */
const STALLED_MS = 60_000;

/** The browser sets these itself and refuses to be told. */
const OWN_HEADERS = new Set(["content-length", "host", "connection", "transfer-encoding"]);

function put(part: SignedPart, bytes: Blob, onSent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    let watchdog: ReturnType<typeof setTimeout>;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => xhr.abort(), STALLED_MS);
    };
    const stop = () => xhr.abort();
    xhr.upload.onprogress = (event) => {
      alive();
      onSent(event.loaded);
    };
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve();
      else reject(new ApiError(xhr.status, problem(xhr.responseText), xhr.getResponseHeader("retry-after")));
    };
    xhr.onerror = () => reject(new NetworkError("the connection broke"));
    xhr.onabort = () => reject(signal.aborted ? signal.reason : new NetworkError("the connection stalled"));
    xhr.onloadend = () => {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", stop);
    };
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener("abort", stop, { once: true });
    xhr.open(part.method, part.url);
    for (const [name, value] of Object.entries(part.headers ?? {})) {
      if (!OWN_HEADERS.has(name.toLowerCase())) xhr.setRequestHeader(name, value);
    }
    alive();
    xhr.send(bytes);
  });
}

function problem(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export const browserNetwork: Network = {
  online: () => navigator.onLine,
  whenOnline: (signal) =>
    new Promise((resolve, reject) => {
      if (navigator.onLine) {
        resolve();
        return;
      }
      const done = () => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        removeEventListener("online", done);
        reject(signal.reason);
      };
      addEventListener("online", done, { once: true });
      signal.addEventListener("abort", stop, { once: true });
    }),
};
