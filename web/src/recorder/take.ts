import { ApiError } from "@/api/problem";
import type { UploadStatus, Video } from "@/api/types";
import { type Network, type Transport, UploadFailure } from "@/uploads/types";
import { Sender } from "./sender";
import type { Spool, StoredTake, TakeMeta } from "./spool/types";

export interface TakeDeps {
  transport: Pick<Transport, "sign" | "put" | "complete" | "remove" | "status" | "video">;
  network: Network;
  spool: Spool;
  /** Milliseconds since 1970. */
  now(): number;
  random?: () => number;
  /** PUTs at the same time. */
  parallel?(): number;
  onChange(): void;
  /** A part could be kept neither on the disk nor in memory: the take has to end. */
  onFull(error: unknown): void;
}

/** What became of a take that was found after a crash. */
export type Recovered =
  | { kind: "open"; take: Take }
  /** The server has ended it meanwhile, with what it had. */
  | { kind: "ended"; video: Video }
  /** The server does not know it any more. */
  | { kind: "gone" };

/** One recording on its way: cuts what the recorder gives into parts, keeps each on this device, and sends them. */
export class Take {
  readonly meta: TakeMeta;
  readonly sender: Sender;
  #deps: TakeDeps;
  /** Chunks are cut and kept one after the other. */
  #line: Promise<void> = Promise.resolve();
  #count = 0;
  #bytes = 0;

  private constructor(meta: TakeMeta, deps: TakeDeps) {
    this.meta = meta;
    this.#deps = deps;
    this.sender = new Sender(meta.id, deps);
  }

  static async begin(meta: TakeMeta, deps: TakeDeps): Promise<Take> {
    await deps.spool.create(meta);
    return new Take(meta, deps);
  }

  /** Goes on with a take that a crash left: what the server has is not sent again. */
  static async recover(stored: StoredTake, deps: TakeDeps): Promise<Recovered> {
    const { id } = stored.meta;
    let status: UploadStatus;
    try {
      const video = await deps.transport.video(id);
      if (video.state !== "uploading") {
        await deps.spool.remove(id);
        return { kind: "ended", video };
      }
      status = await deps.transport.status(id);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      return { kind: "gone" };
    }
    const there = new Set(status.received.map((part) => part.number));
    const take = new Take(stored.meta, deps);
    take.#count = stored.count ?? Math.max(0, ...there, ...stored.numbers);
    take.#bytes = stored.bytes;
    for (const number of stored.numbers) if (there.has(number)) await deps.spool.drop(id, number);
    take.sender.add(...stored.numbers.filter((number) => !there.has(number)));
    return { kind: "open", take };
  }

  /** Parts so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next bytes of the recording; an empty chunk is nothing. */
  chunk(blob: Blob): void {
    this.#line = this.#line.then(() => this.#keep(blob)).catch((error: unknown) => this.#deps.onFull(error));
  }

  /** Resolves when every chunk that was given is kept. */
  settled(): Promise<void> {
    return this.#line;
  }

  /** Sends what is left and makes a video of it. Rejects with an UploadFailure; may be called again. */
  async finish(): Promise<Video> {
    await this.#line;
    if (this.#count === 0) throw new UploadFailure({ code: "empty", retryable: false });
    await this.#deps.spool.end(this.meta.id, this.#count);
    const video = await this.sender.finish(this.#count);
    await this.#deps.spool.remove(this.meta.id);
    return video;
  }

  /** Makes a video of the beginning that the server has, and forgets the rest. */
  async finishWithSent(): Promise<Video> {
    await this.#line;
    this.sender.close();
    // After a long silence the server ends a take by itself: that video is the answer.
    const ended = await this.#deps.transport.video(this.meta.id);
    if (ended.state !== "uploading") {
      await this.#deps.spool.remove(this.meta.id);
      return ended;
    }
    const { received } = await this.#deps.transport.status(this.meta.id);
    const there = new Set(received.map((part) => part.number));
    let count = 0;
    while (there.has(count + 1)) count += 1;
    if (count === 0) throw new UploadFailure({ code: "empty", retryable: false });
    const video = await this.#deps.transport.complete(this.meta.id, count);
    await this.#deps.spool.remove(this.meta.id);
    return video;
  }

  /** Throws it away, here and on the server. */
  async discard(): Promise<void> {
    await this.#line;
    this.sender.close();
    await this.#deps.spool.remove(this.meta.id);
    try {
      await this.#deps.transport.remove(this.meta.id);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  async #keep(blob: Blob): Promise<void> {
    for (let start = 0; start < blob.size; start += this.meta.partSize) {
      const bytes = await blob.slice(start, start + this.meta.partSize).arrayBuffer();
      const number = this.#count + 1;
      await this.#deps.spool.append(this.meta.id, number, bytes);
      this.#count = number;
      this.#bytes += bytes.byteLength;
      this.sender.add(number);
    }
  }
}
