import { ApiError } from "@/api/problem";
import type { UnfinishedUpload, UploadsMessage, Video, VideoChanges, Visibility } from "@/api/types";
import { DetailsSaver } from "./details-saver";
import { fingerprint } from "./fingerprint";
import { persist } from "./persist";
import { playableOrder } from "./playable-order";
import { partCount, sendParts } from "./send-parts";
import { SpeedMeter } from "./speed";
import { type Network, type Transport, UploadFailure, type UploadItem, type UploadPhase } from "./types";

export interface UploaderDeps {
  transport: Transport;
  network: Network;
  /** Gives an object URL to preview the file, where there is such a thing and it is safe to play. */
  preview?: (file: File) => Promise<{ url: string; revoke(): void } | undefined>;
  random?: () => number;
  /** The videos that other tabs upload just now. */
  elsewhere?: () => Promise<ReadonlySet<string>>;
  /** PUTs at the same time, over all files. */
  parallel?: number;
}

interface Task {
  key: string;
  file: File;
  abort: AbortController;
  /** Settles when everything that was begun for this file has come to rest; never rejects. */
  run: Promise<void>;
  saver: DetailsSaver;
  fingerprint?: string;
  revokePreview?: () => void;
}

const MOST_ROUNDS = 5;
const BUSY: readonly UploadPhase[] = ["preparing", "queued", "uploading", "offline", "finishing"];
const PAUSABLE: readonly UploadPhase[] = ["preparing", "queued", "uploading", "offline"];
/** The server has it, or it may have: only it can tell how the video stands. */
const FOLLOWED: readonly UploadPhase[] = ["uploading", "offline", "paused", "finishing", "processing"];
const TICK_MS = 1000;

export function isPausable(item: UploadItem): boolean {
  return PAUSABLE.includes(item.phase);
}

/**
 * The list of uploads: fingerprints each file, opens or resumes its upload, sends the bytes of one file after the
 * other (parts in parallel), completes it, and follows the server's work on it. Knows no React and no DOM; a
 * page reads `snapshot` and subscribes.
 */
export class Uploader {
  #deps: UploaderDeps;
  #items: readonly UploadItem[] = [];
  #tasks = new Map<string, Task>();
  #listeners = new Set<() => void>();
  #line: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(deps: UploaderDeps) {
    this.#deps = deps;
  }

  snapshot = (): readonly UploadItem[] => this.#items;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Leaving now would interrupt something. */
  get busy(): boolean {
    return this.#items.some((item) => BUSY.includes(item.phase));
  }

  /** The server may have news of one of these: it can be watched before it is whole. */
  get watching(): boolean {
    return this.#items.some((item) => item.videoId !== undefined && FOLLOWED.includes(item.phase));
  }

  /** The videos whose bytes this tab sends, or will send when it is told to go on. */
  get sending(): readonly string[] {
    const mine = this.#items.filter((item) => item.phase === "paused" || BUSY.includes(item.phase));
    return mine.flatMap((item) => item.videoId ?? []);
  }

  add(files: Iterable<File>, visibility: Visibility): void {
    for (const file of files) {
      this.#count += 1;
      const key = `upload-${this.#count}`;
      const saver = new DetailsSaver(
        (changes) => this.#deps.transport.edit(this.#need(key).videoId ?? "", changes),
        (save) => this.#update(key, { save }),
      );
      this.#tasks.set(key, { key, file, abort: new AbortController(), run: Promise.resolve(), saver });
      this.#items = [
        ...this.#items,
        {
          key,
          fileName: file.name,
          size: file.size,
          title: titleFrom(file.name),
          description: "",
          visibility,
          phase: "preparing",
          resumed: false,
          sentBytes: 0,
          save: { kind: "clean" },
        },
      ];
      void this.#preview(key);
      this.#begin(key);
    }
    this.#changed();
  }

  /** Changes what viewers read. Saved by itself after a pause. */
  edit(key: string, changes: VideoChanges): void {
    const task = this.#tasks.get(key);
    if (task === undefined) return;
    this.#update(key, changes);
    task.saver.edit(changes);
  }

  /** Starts a failed upload again; parts the server has are not sent again. */
  retry(key: string): void {
    const item = this.#items.find((candidate) => candidate.key === key);
    const task = this.#tasks.get(key);
    if (item?.phase !== "failed" || task === undefined) return;
    const gone = item.problem?.code === "gone";
    this.#update(key, {
      phase: "preparing",
      problem: undefined,
      ...(gone ? { videoId: undefined, video: undefined, sentBytes: 0 } : {}),
    });
    this.#begin(key);
  }

  /** Stops sending; what is on the server stays, and so does the place in this list. */
  pause(key: string): void {
    const item = this.#items.find((candidate) => candidate.key === key);
    if (item === undefined || !isPausable(item)) return;
    this.#tasks.get(key)?.abort.abort(new DOMException("upload paused", "AbortError"));
    this.#update(key, { phase: "paused", bytesPerSecond: undefined, secondsLeft: undefined });
  }

  /** Goes on with a paused upload, after those that wait already. */
  resume(key: string): void {
    if (this.#items.find((item) => item.key === key)?.phase !== "paused") return;
    this.#update(key, { phase: "preparing" });
    this.#begin(key);
  }

  /** Stops an upload and deletes what the server has of it. */
  async cancel(key: string): Promise<void> {
    const videoId = this.#items.find((item) => item.key === key)?.videoId;
    this.#tasks.get(key)?.abort.abort(new DOMException("upload cancelled", "AbortError"));
    try {
      if (videoId !== undefined) await this.#deps.transport.remove(videoId);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    } finally {
      // Last, so that whoever then asks for the unfinished uploads is told the truth.
      this.dismiss(key);
    }
  }

  /** Takes an item off the list; the video stays. */
  dismiss(key: string): void {
    const task = this.#tasks.get(key);
    task?.abort.abort(new DOMException("upload dismissed", "AbortError"));
    task?.saver.close();
    task?.revokePreview?.();
    this.#tasks.delete(key);
    this.#items = this.#items.filter((item) => item.key !== key);
    this.#changed();
  }

  /** Forgets everything without deleting anything: somebody signed out. */
  clear(): void {
    for (const item of this.#items) this.dismiss(item.key);
  }

  /** Takes what the server says about my videos. */
  receive(message: UploadsMessage): void {
    if (message.type === "video") this.#follow(message.video);
    if (message.type === "deleted") {
      const item = this.#items.find((candidate) => candidate.videoId === message.id);
      if (item !== undefined) this.dismiss(item.key);
    }
  }

  /** Asks for the videos the server works on: what the socket tells, for when it is not there. */
  async poll(): Promise<void> {
    const waiting = this.#items.filter((item) => FOLLOWED.includes(item.phase));
    await Promise.all(
      waiting.map(async ({ key, videoId }) => {
        if (videoId === undefined) return;
        try {
          this.#follow(await this.#deps.transport.video(videoId));
        } catch (error) {
          const processing = this.#items.some((item) => item.key === key && item.phase === "processing");
          // While bytes go up, sending them tells that the video is gone, with a way to begin anew.
          if (processing && error instanceof ApiError && error.status === 404) this.dismiss(key);
        }
      }),
    );
  }

  async #preview(key: string): Promise<void> {
    const task = this.#tasks.get(key);
    if (task === undefined || task.file.size === 0) return;
    // A file that cannot be read has no preview; the upload itself says what is wrong with it.
    const preview = await this.#deps.preview?.(task.file).catch(() => undefined);
    if (preview === undefined) return;
    if (!this.#tasks.has(key)) return preview.revoke();
    task.revokePreview = preview.revoke;
    this.#update(key, { previewUrl: preview.url });
  }

  /** Runs a file's upload after what a pause interrupted: a call that was under way may still make its video. */
  #begin(key: string): void {
    const task = this.#tasks.get(key);
    if (task === undefined) return;
    task.run = task.run.then(() => {
      if (this.#items.find((item) => item.key === key)?.phase !== "preparing") return;
      task.abort = new AbortController();
      return this.#run(task);
    });
  }

  async #run(task: Task): Promise<void> {
    const { key } = task;
    const { signal } = task.abort;
    try {
      await this.#open(task);
      signal.throwIfAborted();
      this.#update(key, { phase: "queued" });
      await this.#inLine(signal, () => this.#send(task));
    } catch (error) {
      if (signal.aborted) return;
      const problem =
        error instanceof UploadFailure
          ? error.problem
          : ({
              code: "rejected",
              detail: error instanceof Error ? error.message : undefined,
              retryable: true,
            } as const);
      this.#update(key, { phase: "failed", problem, bytesPerSecond: undefined, secondsLeft: undefined });
    }
  }

  /** Finds or makes the video that the bytes belong to. */
  async #open(task: Task): Promise<void> {
    const { key, file } = task;
    const { transport } = this.#deps;
    if (this.#need(key).videoId !== undefined) return;
    if (file.size === 0) throw new UploadFailure({ code: "empty", retryable: false });
    try {
      task.fingerprint ??= await fingerprint(file);
    } catch {
      throw new UploadFailure({ code: "file_changed", retryable: false });
    }
    task.abort.signal.throwIfAborted();
    const earlier = await this.#earlier(task);
    if (earlier !== undefined && (await this.#deps.elsewhere?.())?.has(earlier.id)) {
      throw new UploadFailure({ code: "other_tab", retryable: true });
    }
    task.abort.signal.throwIfAborted();
    if (earlier !== undefined) {
      const video = await this.#persist(task, () => transport.video(earlier.id));
      this.#update(key, {
        videoId: earlier.id,
        video,
        resumed: true,
        sentBytes: earlier.received_bytes,
        ...details(video),
        ...task.saver.dirty,
      });
    } else {
      const { title, description, visibility } = this.#need(key);
      const opened = await this.#persist(task, () =>
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
      if (!this.#tasks.has(key)) {
        // Cancelled before anybody knew that there was something to delete.
        await transport.remove(opened.id).catch(() => undefined);
      }
      this.#update(key, { videoId: opened.id });
    }
    task.saver.start();
  }

  async #earlier(task: Task): Promise<UnfinishedUpload | undefined> {
    const uploads = await this.#persist(task, () => this.#deps.transport.unfinished());
    return uploads.find(
      (upload) =>
        upload.fingerprint === task.fingerprint &&
        upload.size === task.file.size &&
        !this.#items.some((item) => item.videoId === upload.id),
    );
  }

  /** One file's bytes at a time: the first video is watchable soonest. */
  #inLine(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const turn = this.#line.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  async #send(task: Task): Promise<void> {
    const { key, file } = task;
    const { transport, parallel = 4, random } = this.#deps;
    const videoId = this.#need(key).videoId as string;
    this.#update(key, { phase: "uploading" });
    let missing: readonly number[] | undefined;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const status = await this.#persist(task, () => transport.status(videoId));
      const count = partCount(file.size, status.part_size);
      const received = new Map(status.received.map((part) => [part.number, part.size]));
      for (const number of missing ?? []) received.delete(number);
      const numbers = range(1, count).filter((number) => !received.has(number));
      const before = [...received.values()].reduce((sum, size) => sum + size, 0);
      const order = await playableOrder(file, status.part_size, numbers);
      const meter = new SpeedMeter();
      this.#update(key, { sentBytes: before });
      const sending = sendParts({
        videoId,
        file,
        partSize: status.part_size,
        numbers: order.numbers,
        alone: order.alone,
        parallel,
        transport,
        network: this.#networkOf(key),
        signal: task.abort.signal,
        random,
        onProgress: (bytes) => {
          meter.add(before + bytes, performance.now());
          this.#progress(key, meter, before + bytes);
        },
      });
      // A line that has gone dead reports nothing, so somebody has to look.
      meter.add(before, performance.now());
      const tick = setInterval(() => {
        const item = this.#items.find((candidate) => candidate.key === key);
        if (item?.phase === "uploading") this.#progress(key, meter, item.sentBytes);
      }, TICK_MS);
      await sending.finally(() => clearInterval(tick));
      this.#update(key, {
        phase: "finishing",
        sentBytes: file.size,
        bytesPerSecond: undefined,
        secondsLeft: undefined,
      });
      const outcome = await this.#complete(task, videoId, count);
      if (outcome.kind === "accepted") {
        // A socket message may have come first and know more.
        if (this.#need(key).phase === "finishing") this.#update(key, { phase: "processing" });
        this.#follow(outcome.video);
        return;
      }
      missing = outcome.missing;
      this.#update(key, { phase: "uploading" });
    }
    throw new UploadFailure({ code: "rejected", retryable: true });
  }

  async #complete(
    task: Task,
    videoId: string,
    count: number,
  ): Promise<{ kind: "accepted"; video: Video } | { kind: "missing"; missing: readonly number[] }> {
    return this.#persist(task, async () => {
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

  #persist<T>(task: Task, work: () => Promise<T>): Promise<T> {
    return persist(work, {
      network: this.#networkOf(task.key),
      signal: task.abort.signal,
      random: this.#deps.random,
    });
  }

  /** The network, with the item's phase telling when it waits for it. */
  #networkOf(key: string): Network {
    const { network } = this.#deps;
    return {
      online: () => network.online(),
      whenOnline: async (signal) => {
        if (network.online()) return;
        const phase = this.#items.find((item) => item.key === key)?.phase;
        if (phase !== undefined && phase !== "offline")
          this.#update(key, { phase: "offline", bytesPerSecond: undefined });
        await network.whenOnline(signal);
        if (phase !== undefined && phase !== "offline") this.#update(key, { phase });
      },
    };
  }

  #progress(key: string, meter: SpeedMeter, sentBytes: number): void {
    const item = this.#items.find((candidate) => candidate.key === key);
    if (item === undefined) return;
    const bytesPerSecond = meter.rate(performance.now());
    const secondsLeft =
      bytesPerSecond !== undefined && bytesPerSecond > 0 ? (item.size - sentBytes) / bytesPerSecond : undefined;
    this.#update(key, { sentBytes, bytesPerSecond, secondsLeft });
  }

  #follow(video: Video): void {
    const item = this.#items.find((candidate) => candidate.videoId === video.id);
    if (item === undefined) return;
    const dirty = this.#tasks.get(item.key)?.saver.dirty ?? {};
    const typing = item.save.kind === "pending" || item.save.kind === "saving" || item.save.kind === "error";
    const changes: Partial<UploadItem> = { video, ...(typing ? {} : { ...details(video), ...dirty }) };
    if (item.phase === "finishing" || item.phase === "processing") {
      if (video.state === "processing") changes.phase = "processing";
      if (video.state === "ready") changes.phase = "ready";
      if (video.state === "failed") {
        changes.phase = "failed";
        changes.problem = { code: "processing_failed", detail: video.error?.message, retryable: false };
      }
    }
    this.#update(item.key, changes);
  }

  #need(key: string): UploadItem {
    const item = this.#items.find((candidate) => candidate.key === key);
    if (item === undefined) throw new DOMException("upload dismissed", "AbortError");
    return item;
  }

  #update(key: string, changes: Partial<UploadItem>): void {
    if (!this.#items.some((item) => item.key === key)) return;
    this.#items = this.#items.map((item) => (item.key === key ? { ...item, ...changes } : item));
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function details(video: Video): Pick<UploadItem, "title" | "description" | "visibility"> {
  return { title: video.title, description: video.description, visibility: video.visibility };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

const LONGEST_TITLE = 120;

/** A first title from a file's name: without its extension, underscores read as spaces. */
export function titleFrom(fileName: string): string {
  const stem = fileName
    .replace(/\.[^.]{1,5}$/, "")
    .replace(/_+/g, " ")
    .trim();
  const title = [...(stem === "" ? fileName : stem)].slice(0, LONGEST_TITLE).join("");
  return title === "" ? "Video" : title;
}
