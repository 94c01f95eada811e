import { session } from "./client";
import type { UploadsMessage } from "./types";

type Listener = (message: UploadsMessage) => void;

/** Sent by the server when the token that opened the socket has ended. */
const CLOSE_TOKEN_EXPIRED = 4401;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 20_000;

/**
 * The connection to `/ws/uploads/`, which tells of every change of my videos. It is open while somebody is signed in
 * and somebody listens, and comes back by itself. `ready` is passed on each time, because changes in between were missed.
 */
export class UploadsSocket {
  #listeners = new Set<Listener>();
  #socket: WebSocket | undefined;
  #ready = false;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sentToken: string | undefined;

  constructor() {
    session.subscribe(() => this.#sessionChanged());
  }

  /** Whether changes arrive just now. While false, whoever needs them has to ask. */
  get connected(): boolean {
    return this.#ready;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#open();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#close();
    };
  }

  #sessionChanged(): void {
    const token = session.token;
    if (token === undefined) {
      this.#close();
    } else if (this.#socket?.readyState === WebSocket.OPEN && token !== this.#sentToken) {
      this.#send(token);
    } else {
      this.#attempt = 0;
      this.#open();
    }
  }

  #open(): void {
    if (this.#socket !== undefined || this.#listeners.size === 0 || session.token === undefined) return;
    clearTimeout(this.#timer);
    const url = new URL("/ws/uploads/", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      if (session.token === undefined) this.#close();
      else this.#send(session.token);
    };
    socket.onmessage = (event) => {
      const message = parse(event.data);
      if (message === undefined) return;
      if (message.type === "ready") {
        this.#ready = true;
        this.#attempt = 0;
      }
      for (const listener of this.#listeners) listener(message);
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#ready = false;
      if (event.code === CLOSE_TOKEN_EXPIRED && session.token === this.#sentToken) {
        void session.refresh();
      }
      this.#retry();
    };
  }

  #send(token: string): void {
    this.#sentToken = token;
    this.#socket?.send(JSON.stringify({ token }));
  }

  #retry(): void {
    clearTimeout(this.#timer);
    const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempt);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#open(), ceiling * (0.5 + Math.random() / 2));
  }

  #close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    this.#ready = false;
    socket?.close();
  }
}

function parse(data: unknown): UploadsMessage | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const message: unknown = JSON.parse(data);
    return typeof message === "object" && message !== null && "type" in message
      ? (message as UploadsMessage)
      : undefined;
  } catch {
    return undefined;
  }
}

export const uploadsSocket = new UploadsSocket();
