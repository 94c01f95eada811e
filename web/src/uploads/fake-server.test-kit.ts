import { ApiError, NetworkError } from "@/api/problem";
import type { InitRequest, SignedPart, UnfinishedUpload, Video, VideoChanges } from "@/api/types";
import type { Network, Transport } from "./types";

export const PART = 4;

export function video(id: string, changes: Partial<Video> = {}): Video {
  return {
    id,
    title: "clip",
    description: "",
    visibility: "private",
    origin: "upload",
    state: "processing",
    playable: false,
    edit: 0,
    being_recorded: false,
    progress: 0,
    rungs: [],
    playback: { hls_url: "", captions: [] },
    channel: { id: "c1", handle: "ada", name: "Ada" },
    counts: { views: 0, likes: 0, dislikes: 0, comments: 0 },
    created_at: "2026-01-01T00:00:00Z",
    url: `/w/${id}`,
    ...changes,
  };
}

/** A server in memory. `onPut` and `onComplete` decide what goes wrong; every call is in `calls`. */
export class FakeServer implements Transport {
  calls: string[] = [];
  stored = new Map<string, Map<number, number>>();
  uploads: UnfinishedUpload[] = [];
  edits: VideoChanges[] = [];
  inits: InitRequest[] = [];
  signatures = 0;
  inFlight = 0;
  mostInFlight = 0;
  /** How long a PUT takes, in milliseconds. */
  putMs = 100;
  signedForMs = 3_600_000;
  onPut: (number: number, attempt: number) => void = () => undefined;
  onComplete: (attempt: number) => void = () => undefined;
  #attempts = new Map<number, number>();
  #completes = 0;

  async init(request: InitRequest) {
    this.calls.push("init");
    this.inits.push(request);
    const id = `v${this.inits.length}`;
    this.stored.set(id, new Map());
    return { id, part_size: PART, url: `/w/${id}` };
  }

  async sign(id: string, numbers: number[]): Promise<SignedPart[]> {
    this.calls.push(`sign ${numbers.join(",")}`);
    this.signatures += 1;
    return numbers.map((number) => ({
      number,
      method: "PUT",
      url: `/${id}/${number}?s=${this.signatures}`,
      headers: {},
      expires_at: new Date(Date.now() + this.signedForMs).toISOString(),
    }));
  }

  async put(part: SignedPart, bytes: Blob, onSent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      onSent(Math.floor(bytes.size / 2));
      await new Promise<void>((resolve, reject) => {
        const stop = () => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener("abort", stop);
          resolve();
        }, this.putMs);
        signal.addEventListener("abort", stop);
      });
      const attempt = (this.#attempts.get(part.number) ?? 0) + 1;
      this.#attempts.set(part.number, attempt);
      this.onPut(part.number, attempt);
      const id = part.url.split("/")[1] ?? "";
      this.stored.get(id)?.set(part.number, bytes.size);
      this.calls.push(`put ${part.number}`);
    } finally {
      this.inFlight -= 1;
    }
  }

  async status(id: string) {
    const parts = this.stored.get(id);
    if (parts === undefined) throw new ApiError(404, {});
    const received = [...parts].map(([number, size]) => ({ number, size, etag: `"${number}"` }));
    return { part_size: PART, received };
  }

  async complete(id: string, count: number) {
    this.calls.push(`complete ${count}`);
    this.#completes += 1;
    this.onComplete(this.#completes);
    return video(id);
  }

  async video(id: string) {
    return video(id, { state: "uploading", title: "from the server" });
  }

  async edit(id: string, changes: VideoChanges) {
    this.edits.push(changes);
    return video(id, changes);
  }

  async remove(id: string) {
    this.calls.push(`remove ${id}`);
    this.stored.delete(id);
  }

  async unfinished() {
    return this.uploads;
  }
}

export function refuse(status: number, body: Record<string, unknown> = {}): never {
  throw new ApiError(status, body);
}

export function breakConnection(): never {
  throw new NetworkError("broken");
}

export class FakeNetwork implements Network {
  #up = true;
  #waiting: (() => void)[] = [];

  online(): boolean {
    return this.#up;
  }

  set(up: boolean): void {
    this.#up = up;
    if (!up) return;
    for (const go of this.#waiting.splice(0)) go();
  }

  whenOnline(signal: AbortSignal): Promise<void> {
    if (this.#up) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }
}
