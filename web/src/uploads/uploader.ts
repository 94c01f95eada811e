import { ApiError } from "@/api/problem";
import type { UploadsMessage, Video, VideoChanges, Visibility } from "@/api/types";
import { DetailsSaver } from "./details-saver";
import { FileRun, type FileRunDeps, type FileTask, type ListLine } from "./file-run";
import { detailsOf, UploadFailure, type UploadItem, type UploadPhase, type UploadProblem } from "./types";

export interface UploaderDeps extends FileRunDeps {
  /** Gives an object URL to preview the file, where there is such a thing and it is safe to play. */
  preview?: (file: File) => Promise<{ url: string; revoke(): void } | undefined>;
}

interface Task extends FileTask {
  key: string;
  /** Settles when everything that was begun for this file has come to rest; never rejects. */
  run: Promise<void>;
  revokePreview?: () => void;
}

const BUSY: readonly UploadPhase[] = ["preparing", "queued", "uploading", "offline", "finishing"];
const PAUSABLE: readonly UploadPhase[] = ["preparing", "queued", "uploading", "offline"];
/** The server has it, or it may have: only it can tell how the video stands. */
const FOLLOWED: readonly UploadPhase[] = ["uploading", "offline", "paused", "finishing", "processing"];

export function isPausable(item: UploadItem): boolean {
  return PAUSABLE.includes(item.phase);
}

/**
 * The list of uploads: begins each file's upload (file-run.ts), sends the bytes of one file after the other, and follows the
 * server's work on it. Knows no React and no DOM; a page reads `snapshot` and subscribes.
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

  /** `details` are what a person has typed for these files already. */
  add(files: Iterable<File>, visibility: Visibility, details: { title?: string; description?: string } = {}): void {
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
          title: details.title ?? titleFrom(file.name),
          description: details.description ?? "",
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

  /** Saves what was typed without waiting for a pause. */
  save(key: string): void {
    this.#tasks.get(key)?.saver.now();
  }

  /** Starts a failed upload again; parts the server has are not sent again. */
  retry(key: string): void {
    const item = this.#find(key);
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
    const item = this.#find(key);
    if (item === undefined || !isPausable(item)) return;
    this.#tasks.get(key)?.abort.abort(new DOMException("upload paused", "AbortError"));
    this.#update(key, { phase: "paused", bytesPerSecond: undefined, secondsLeft: undefined });
  }

  /** Goes on with a paused upload, after those that wait already. */
  resume(key: string): void {
    if (this.#find(key)?.phase !== "paused") return;
    this.#update(key, { phase: "preparing" });
    this.#begin(key);
  }

  /** The file itself, as it was chosen. */
  file(key: string): File | undefined {
    return this.#tasks.get(key)?.file;
  }

  /** Uploads another file in its place, such as a shorter one, under the same words. */
  async replace(key: string, file: File): Promise<void> {
    const item = this.#find(key);
    if (item === undefined) return;
    const { title, description, visibility } = item;
    await this.cancel(key);
    this.add([file], visibility, { title, description });
  }

  /** Stops an upload and deletes what the server has of it. */
  async cancel(key: string): Promise<void> {
    const videoId = this.#find(key)?.videoId;
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
      if (this.#find(key)?.phase !== "preparing") return;
      task.abort = new AbortController();
      return this.#run(task);
    });
  }

  async #run(task: Task): Promise<void> {
    const { key } = task;
    const { signal } = task.abort;
    const run = new FileRun(task, this.#lineOf(key), this.#deps);
    try {
      await run.open();
      signal.throwIfAborted();
      this.#update(key, { phase: "queued" });
      const video = await this.#inLine(signal, () => run.send());
      // A socket message may have come first and know more.
      if (this.#find(key)?.phase === "finishing") this.#update(key, { phase: "processing" });
      this.#follow(video);
    } catch (error) {
      if (signal.aborted) return;
      this.#update(key, {
        phase: "failed",
        problem: problemOf(error),
        bytesPerSecond: undefined,
        secondsLeft: undefined,
      });
    }
  }

  #lineOf(key: string): ListLine {
    const [find, has] = [() => this.#need(key), () => this.#tasks.has(key)];
    return {
      item: find,
      update: (changes) => this.#update(key, changes),
      get gone() {
        return !has();
      },
      taken: (videoId) => this.#items.some((item) => item.videoId === videoId),
    };
  }

  /** One file's bytes at a time: the first video is watchable soonest. */
  #inLine<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#line = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  #follow(video: Video): void {
    const item = this.#items.find((candidate) => candidate.videoId === video.id);
    if (item === undefined) return;
    const dirty = this.#tasks.get(item.key)?.saver.dirty ?? {};
    const typing = item.save.kind === "pending" || item.save.kind === "saving" || item.save.kind === "error";
    const changes: Partial<UploadItem> = { video, ...(typing ? {} : { ...detailsOf(video), ...dirty }) };
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

  #find(key: string): UploadItem | undefined {
    return this.#items.find((candidate) => candidate.key === key);
  }

  #need(key: string): UploadItem {
    const item = this.#find(key);
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

function problemOf(error: unknown): UploadProblem {
  if (error instanceof UploadFailure) return error.problem;
  return { code: "rejected", detail: error instanceof Error ? error.message : undefined, retryable: true };
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
