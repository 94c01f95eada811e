import { ApiError } from "@/api/problem";
import type { UnfinishedUpload, Video } from "@/api/types";
import type { DetailsSaver } from "./details-saver";
import { fingerprint } from "./fingerprint";
import { persist } from "./persist";
import { playableOrder } from "./playable-order";
import { partCount, sendParts } from "./send-parts";
import { SpeedMeter } from "./speed";
import { detailsOf, type Network, type Transport, UploadFailure, type UploadItem } from "./types";

export interface FileRunDeps {
  transport: Transport;
  network: Network;
  random?: () => number;
  /** The videos that other tabs upload just now. */
  elsewhere?: () => Promise<ReadonlySet<string>>;
  /** PUTs at the same time. */
  parallel?: number;
}

/** The file's line in the list. */
export interface ListLine {
  /** Throws an AbortError when the line is gone. */
  item(): UploadItem;
  /** Nothing happens when the line is gone. */
  update(changes: Partial<UploadItem>): void;
  readonly gone: boolean;
  /** Another line has this video. */
  taken(videoId: string): boolean;
}

/** What stays of a file from one run to the next. */
export interface FileTask {
  file: File;
  abort: AbortController;
  saver: DetailsSaver;
  fingerprint?: string;
}

const MOST_ROUNDS = 5;
const TICK_MS = 1000;

/** One file's way to the server: finds or makes its video, sends the bytes, completes it. The list decides when. */
export class FileRun {
  #task: FileTask;
  #line: ListLine;
  #deps: FileRunDeps;

  constructor(task: FileTask, line: ListLine, deps: FileRunDeps) {
    this.#task = task;
    this.#line = line;
    this.#deps = deps;
  }

  /** Finds or makes the video that the bytes belong to. */
  async open(): Promise<void> {
    const task = this.#task;
    const { file } = task;
    const { transport } = this.#deps;
    if (this.#line.item().videoId !== undefined) return;
    if (file.size === 0) throw new UploadFailure({ code: "empty", retryable: false });
    try {
      task.fingerprint ??= await fingerprint(file);
    } catch {
      throw new UploadFailure({ code: "file_changed", retryable: false });
    }
    task.abort.signal.throwIfAborted();
    const earlier = await this.#earlier();
    if (earlier !== undefined && (await this.#deps.elsewhere?.())?.has(earlier.id)) {
      throw new UploadFailure({ code: "other_tab", retryable: true });
    }
    task.abort.signal.throwIfAborted();
    if (earlier !== undefined) {
      const video = await this.#persist(() => transport.video(earlier.id));
      this.#line.update({
        videoId: earlier.id,
        video,
        resumed: true,
        sentBytes: earlier.received_bytes,
        ...detailsOf(video),
        ...task.saver.dirty,
      });
    } else {
      const { title, description, visibility } = this.#line.item();
      const opened = await this.#persist(() =>
        transport.init({
          title,
          description: description === "" ? undefined : description,
          visibility,
          file_name: file.name,
          content_type: file.type === "" ? "application/octet-stream" : file.type,
          size: file.size,
          origin: "upload",
          fingerprint: task.fingerprint,
        }),
      );
      if (this.#line.gone) {
        // Cancelled before anybody knew that there was something to delete.
        await transport.remove(opened.id).catch(() => undefined);
      }
      this.#line.update({ videoId: opened.id });
    }
    task.saver.start();
  }

  async #earlier(): Promise<UnfinishedUpload | undefined> {
    const task = this.#task;
    const uploads = await this.#persist(() => this.#deps.transport.unfinished());
    return uploads.find(
      (upload) =>
        upload.fingerprint === task.fingerprint && upload.size === task.file.size && !this.#line.taken(upload.id),
    );
  }

  /** Sends what the server does not have, and tells it that this is all. */
  async send(): Promise<Video> {
    const { file, abort } = this.#task;
    const { transport, parallel = 4, random } = this.#deps;
    const videoId = this.#line.item().videoId as string;
    this.#line.update({ phase: "uploading" });
    let missing: readonly number[] | undefined;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const status = await this.#persist(() => transport.status(videoId));
      const count = partCount(file.size, status.part_size);
      const received = new Map(status.received.map((part) => [part.number, part.size]));
      for (const number of missing ?? []) received.delete(number);
      const numbers = range(1, count).filter((number) => !received.has(number));
      const before = [...received.values()].reduce((sum, size) => sum + size, 0);
      const order = await playableOrder(file, status.part_size, numbers);
      const meter = new SpeedMeter();
      this.#line.update({ sentBytes: before });
      const sending = sendParts({
        videoId,
        file,
        partSize: status.part_size,
        numbers: order.numbers,
        alone: order.alone,
        parallel,
        transport,
        network: this.#network(),
        signal: abort.signal,
        random,
        onProgress: (bytes) => {
          meter.add(before + bytes, performance.now());
          this.#progress(meter, before + bytes);
        },
      });
      // A line that has gone dead reports nothing, so somebody has to look.
      meter.add(before, performance.now());
      const tick = setInterval(() => {
        if (this.#line.gone) return;
        const { phase, sentBytes } = this.#line.item();
        if (phase === "uploading") this.#progress(meter, sentBytes);
      }, TICK_MS);
      await sending.finally(() => clearInterval(tick));
      this.#line.update({
        phase: "finishing",
        sentBytes: file.size,
        bytesPerSecond: undefined,
        secondsLeft: undefined,
      });
      const outcome = await this.#complete(videoId, count);
      if (outcome.kind === "accepted") return outcome.video;
      missing = outcome.missing;
      this.#line.update({ phase: "uploading" });
    }
    throw new UploadFailure({ code: "rejected", retryable: true });
  }

  async #complete(
    videoId: string,
    count: number,
  ): Promise<{ kind: "accepted"; video: Video } | { kind: "missing"; missing: readonly number[] }> {
    return this.#persist(async () => {
      try {
        return { kind: "accepted", video: await this.#deps.transport.complete(videoId, count) } as const;
      } catch (error) {
        if (error instanceof ApiError && error.missing.length > 0) {
          return { kind: "missing", missing: error.missing } as const;
        }
        throw error;
      }
    });
  }

  #persist<T>(work: () => Promise<T>): Promise<T> {
    return persist(work, {
      network: this.#network(),
      signal: this.#task.abort.signal,
      random: this.#deps.random,
    });
  }

  /** The network, with the item's phase telling when it waits for it. */
  #network(): Network {
    const { network } = this.#deps;
    return {
      online: () => network.online(),
      whenOnline: async (signal) => {
        if (network.online()) return;
        const phase = this.#line.gone ? undefined : this.#line.item().phase;
        if (phase !== undefined && phase !== "offline")
          this.#line.update({ phase: "offline", bytesPerSecond: undefined });
        await network.whenOnline(signal);
        if (phase !== undefined && phase !== "offline") this.#line.update({ phase });
      },
    };
  }

  #progress(meter: SpeedMeter, sentBytes: number): void {
    if (this.#line.gone) return;
    const { size } = this.#line.item();
    const bytesPerSecond = meter.rate(performance.now());
    const secondsLeft =
      bytesPerSecond !== undefined && bytesPerSecond > 0 ? (size - sentBytes) / bytesPerSecond : undefined;
    this.#line.update({ sentBytes, bytesPerSecond, secondsLeft });
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
