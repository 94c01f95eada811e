import { session } from "./client";
import { passOf } from "./share-pass";
import type { Video } from "./types";

export interface VideoListener {
  /** The video as it is now; also once right after every connection. */
  changed(video: Video): void;
  /** It is gone, or not to be seen any more. */
  gone(): void;
  /** Whether changes arrive just now. While false, whoever needs them has to ask. */
  connected(yes: boolean): void;
}

const CLOSE_TOKEN_EXPIRED = 4401;
const CLOSE_NOT_FOUND = 4404;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 20_000;

/** Follows one video on `/ws/videos/{id}` until the answer is called; comes back by itself after a lost connection. */
export function followVideo(id: string, listener: VideoListener): () => void {
  let socket: WebSocket | undefined;
  let sentToken: string | undefined;
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  const greet = () => {
    sentToken = session.token;
    socket?.send(JSON.stringify({ token: sentToken, share: passOf(id) }));
  };
  const open = () => {
    const url = new URL(`/ws/videos/${encodeURIComponent(id)}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const mine = new WebSocket(url);
    socket = mine;
    mine.onopen = greet;
    mine.onmessage = (event) => {
      const video = parse(event.data);
      if (video === undefined || socket !== mine) return;
      attempt = 0;
      listener.connected(true);
      listener.changed(video);
    };
    mine.onclose = (event) => {
      if (socket !== mine) return;
      socket = undefined;
      listener.connected(false);
      if (over) return;
      if (event.code === CLOSE_NOT_FOUND) {
        listener.gone();
        return;
      }
      if (event.code === CLOSE_TOKEN_EXPIRED && session.token === sentToken) void session.refresh();
      const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
      attempt += 1;
      timer = setTimeout(open, ceiling * (0.5 + Math.random() / 2));
    };
  };
  // Who one is decides what one sees; it is known after the first refresh.
  void session.settled().then(() => {
    if (!over) open();
  });
  const unsubscribe = session.subscribe(() => {
    if (socket?.readyState === WebSocket.OPEN && session.token !== sentToken) greet();
  });
  return () => {
    over = true;
    clearTimeout(timer);
    unsubscribe();
    socket?.close();
  };
}

function parse(data: unknown): Video | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const message: unknown = JSON.parse(data);
    return typeof message === "object" && message !== null && "video" in message ? (message.video as Video) : undefined;
  } catch {
    return undefined;
  }
}
