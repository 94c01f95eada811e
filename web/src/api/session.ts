import { ApiError, NetworkError } from "./problem";

/**
 * Who is signed in, as far as this tab knows. `unknown` lasts until the first refresh was answered; a visitor who
 * never signed in here is `signed_out` at once, without asking.
 */
export type SessionStatus = "unknown" | "signed_in" | "signed_out";

export interface Tokens {
  access_token: string;
  /** Seconds. */
  expires_in: number;
}

export interface SessionDeps {
  /** Asks for a fresh token with the cookie. Rejects with an ApiError of status 401 when there is no session. */
  refresh(): Promise<Tokens>;
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined;
  /** Runs one task at a time across tabs: the refresh cookie rotates, and a second use of it would end the session. */
  exclusive<T>(task: () => Promise<T>): Promise<T>;
}

const FLAG = "vitascope.session";
/** A token is replaced this long before it ends, or at half its life when it is short. */
const REFRESH_AHEAD_MS = 60_000;
const RETRY_MS = 5_000;

/**
 * Holds the access token (memory only) and keeps it fresh. The refresh cookie is HttpOnly, so a flag in local storage
 * remembers that asking for one makes sense.
 */
export class Session {
  #deps: SessionDeps;
  #status: SessionStatus;
  #token: string | undefined;
  #listeners = new Set<() => void>();
  #refreshing: Promise<string | undefined> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Grows with every sign-in and sign-out, so that an answer that is late does not undo them. */
  #generation = 0;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#status = this.#flag() ? "unknown" : "signed_out";
  }

  get status(): SessionStatus {
    return this.#status;
  }

  get token(): string | undefined {
    return this.#token;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Resolves when it is known whether somebody is signed in. */
  async settled(): Promise<void> {
    if (this.#status === "unknown") await this.refresh();
  }

  signedIn(tokens: Tokens): void {
    this.#generation += 1;
    this.#accept(tokens);
  }

  signedOut(): void {
    this.#generation += 1;
    this.#clear();
  }

  /** Drops the session without telling anybody, right before the page is left. */
  forget(): void {
    this.#generation += 1;
    clearTimeout(this.#timer);
    this.#deps.storage?.removeItem(FLAG);
    this.#token = undefined;
  }

  /** Another tab signed in or out (a `storage` event on the flag). */
  flagChanged(key: string | null): void {
    if (key !== null && key !== FLAG) return;
    if (this.#flag()) {
      if (this.#status === "signed_out") void this.refresh();
    } else if (this.#status !== "signed_out") {
      this.signedOut();
    }
  }

  /** The token after a refresh, or undefined when nobody is signed in. Calls at the same time share one request. */
  refresh(): Promise<string | undefined> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<string | undefined> {
    const generation = this.#generation;
    try {
      const tokens = await this.#deps.exclusive(() => this.#deps.refresh());
      if (generation === this.#generation) this.#accept(tokens);
    } catch (error) {
      if (generation !== this.#generation) return this.#token;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429) {
        this.#clear();
      } else if (error instanceof NetworkError || error instanceof ApiError) {
        // Not an answer about the session: the flag stays, and the next try decides.
        if (this.#status === "unknown") this.#set("signed_out", undefined);
        this.#schedule(RETRY_MS);
      } else {
        throw error;
      }
    }
    return this.#token;
  }

  #accept(tokens: Tokens): void {
    this.#deps.storage?.setItem(FLAG, "1");
    this.#set("signed_in", tokens.access_token);
    const life = tokens.expires_in * 1000;
    this.#schedule(Math.max(life / 2, life - REFRESH_AHEAD_MS));
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#deps.storage?.removeItem(FLAG);
    this.#set("signed_out", undefined);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), delayMs);
  }

  #set(status: SessionStatus, token: string | undefined): void {
    const changed = this.#status !== status || this.#token !== token;
    this.#status = status;
    this.#token = token;
    if (changed) for (const listener of this.#listeners) listener();
  }

  #flag(): boolean {
    return this.#deps.storage?.getItem(FLAG) === "1";
  }
}
