import { ApiError } from "@/api/problem";
import type { Video, VideoChanges } from "@/api/types";
import type { SaveState } from "./types";

const QUIET_MS = 700;

/**
 * Saves title, description and visibility while a person types: waits for a pause, sends only what changed, one request
 * at a time. Changes made before the video exists wait for `start`.
 */
export class DetailsSaver {
  #send: (changes: VideoChanges) => Promise<Video>;
  #onState: (state: SaveState) => void;
  #pending: VideoChanges = {};
  #started = false;
  #sending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(send: (changes: VideoChanges) => Promise<Video>, onState: (state: SaveState) => void) {
    this.#send = send;
    this.#onState = onState;
  }

  /** Fields with a change the server has not confirmed. */
  get dirty(): VideoChanges {
    return this.#pending;
  }

  edit(changes: VideoChanges): void {
    this.#pending = { ...this.#pending, ...changes };
    this.#onState({ kind: "pending" });
    this.#arm();
  }

  /** The video exists now: what was typed before is sent. */
  start(): void {
    this.#started = true;
    if (Object.keys(this.#pending).length > 0) this.#arm();
  }

  /** Saves at once, as when a person says so. */
  now(): void {
    const typed = Object.keys(this.#pending).length > 0;
    if (!typed || !this.#started || this.#sending || this.#closed) return;
    clearTimeout(this.#timer);
    void this.#flush();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#started && !this.#sending && !this.#closed) this.#timer = setTimeout(() => void this.#flush(), QUIET_MS);
  }

  async #flush(): Promise<void> {
    const changes = this.#pending;
    this.#pending = {};
    this.#sending = true;
    this.#onState({ kind: "saving" });
    let failed: SaveState | undefined;
    try {
      await this.#send(changes);
    } catch (error) {
      // What was typed since wins over what could not be saved.
      this.#pending = { ...changes, ...this.#pending };
      failed = {
        kind: "error",
        message: error instanceof Error ? error.message : "",
        fields: error instanceof ApiError ? error.fields : {},
      };
    }
    this.#sending = false;
    if (this.#closed) return;
    if (failed !== undefined) {
      this.#onState(failed);
    } else if (Object.keys(this.#pending).length > 0) {
      this.#onState({ kind: "pending" });
      this.#arm();
    } else {
      this.#onState({ kind: "saved" });
    }
  }
}
