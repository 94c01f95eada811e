export interface BoundsOptions {
  /** Where it begins again, in seconds. */
  from: number;
  /** Where it stops, in seconds; absent for the video's own end. */
  end?: number;
  loop: boolean;
  seek(seconds: number): void;
  play(): Promise<void>;
  signal: AbortSignal;
}

/** Keeps a video between its start and its end: stops there, or begins again. Where a person goes beyond the end, it plays on. */
export class Bounds {
  loop: boolean;
  #video: HTMLVideoElement;
  #options: BoundsOptions;
  #inside = false;
  #stopped = false;

  constructor(video: HTMLVideoElement, options: BoundsOptions) {
    this.#video = video;
    this.#options = options;
    this.loop = options.loop;
    const { signal } = options;
    video.addEventListener("ended", () => this.loop && this.#again(), { signal });
    video.addEventListener(
      "play",
      () => {
        this.#stopped = false;
      },
      { signal },
    );
    if (options.end === undefined) return;
    const check = () => this.#check(options.end ?? Number.POSITIVE_INFINITY);
    video.addEventListener("timeupdate", check, { signal });
    // Asked with every frame where the browser can: `timeupdate` comes up to a quarter of a second late.
    if (!("requestVideoFrameCallback" in video)) return;
    const each = () => {
      if (signal.aborted) return;
      check();
      video.requestVideoFrameCallback(each);
    };
    video.requestVideoFrameCallback(each);
  }

  /** It stands at the end that was asked for, and not because somebody paused it. */
  get stopped(): boolean {
    return this.#stopped;
  }

  #check(end: number): void {
    const { currentTime: at, seeking, paused } = this.#video;
    const passed = this.#inside && at >= end && !seeking;
    this.#inside = at < end;
    if (this.#inside) this.#stopped = false;
    if (!passed || paused) return;
    if (this.loop) {
      this.#again();
    } else {
      this.#stopped = true;
      this.#video.pause();
    }
  }

  #again(): void {
    this.#options.seek(this.#options.from);
    void this.#options.play();
  }
}
