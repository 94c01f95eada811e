import Hls, { type ErrorData, ErrorDetails, ErrorTypes, Events, type HlsConfig } from "hls.js";
import { initialState, type PlayerEvent, type PlayerProblem, type PlayerState, reduce } from "./state";

export interface EngineOptions {
  video: HTMLVideoElement;
  /** The multivariant playlist. */
  url: string;
  /** Gives a fresh address when the first one stops working (a grant that ended). */
  freshUrl?: () => Promise<string>;
  /** Where to begin, in seconds. */
  startAt: number;
  /** The whole length from the catalogue, in seconds. */
  duration?: number;
}

const NATIVE_TYPE = "application/vnd.apple.mpegurl";
const MOST_NETWORK_RECOVERIES = 4;
const FIRST_RECOVERY_MS = 1000;
/** A second media error within this time is a broken stream, not a hiccup. */
const MEDIA_RECOVERY_MS = 10_000;

/**
 * A growing playlist is not a broadcast: there is no live edge to keep up with. hls.js would treat a seek beyond the
 * last segment as having fallen out of the window and jump back to the edge; without a sync position it waits.
 */
class GrowingHls extends Hls {
  override get liveSyncPosition(): number | null {
    return null;
  }
}

const config: Partial<HlsConfig> = {
  // Minutes behind the player are enough to seek back without loading again.
  backBufferLength: 90,
  // Segments are fragmented MP4 already; a worker has nothing to do but copy them.
  enableWorker: false,
};

/** Plays one video on one element and keeps one typed state about it. */
export class PlayerEngine {
  #options: EngineOptions;
  #video: HTMLVideoElement;
  #state: PlayerState = initialState;
  #listeners = new Set<() => void>();
  #hls: Hls | undefined;
  #mediaSource: MediaSource | undefined;
  #url: string;
  #networkRecoveries = 0;
  #mediaRecoveredAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #gone = new AbortController();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#video = options.video;
    this.#url = options.url;
    if (options.duration !== undefined) this.#apply({ type: "duration", seconds: options.duration });
    this.#listen();
    this.#load(options.startAt);
  }

  get state(): PlayerState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks to play; the browser may refuse before the first click, which shows as `blocked`. */
  async play(): Promise<void> {
    try {
      await this.#video.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.#apply({ type: "blocked" });
    }
  }

  seek(seconds: number): void {
    const end = this.#state.duration > 0 ? this.#state.duration : this.#video.duration;
    this.#video.currentTime = Math.max(0, Number.isFinite(end) ? Math.min(seconds, end) : seconds);
  }

  /** Starts over after a failure, where it stopped. */
  async retry(): Promise<void> {
    if (this.#state.phase !== "failed") return;
    const at = this.#state.time > 0 ? this.#state.time : this.#options.startAt;
    this.#apply({ type: "loading" });
    this.#unload();
    try {
      if (this.#options.freshUrl) this.#url = await this.#options.freshUrl();
    } catch {
      // The old address is as good a try as any.
    }
    if (this.#gone.signal.aborted) return;
    this.#networkRecoveries = 0;
    this.#load(at);
    await this.play();
  }

  destroy(): void {
    this.#gone.abort();
    this.#unload();
    this.#listeners.clear();
  }

  #load(startAt: number): void {
    if (Hls.isSupported()) this.#loadHls(startAt);
    else if (this.#video.canPlayType(NATIVE_TYPE) !== "") this.#loadNative(startAt);
    else this.#fail({ kind: "unsupported", detail: "neither media source extensions nor HLS" });
  }

  #loadHls(startAt: number): void {
    // Always told where to start: without that hls.js begins near the end of a list that still grows.
    const hls = new GrowingHls({ ...config, startPosition: startAt });
    this.#hls = hls;
    hls.on(Events.MEDIA_ATTACHED, (_event, data) => {
      this.#mediaSource = data.mediaSource;
      this.#stretch();
    });
    hls.on(Events.MEDIA_DETACHED, () => {
      this.#mediaSource = undefined;
    });
    hls.on(Events.MANIFEST_PARSED, () => this.#apply({ type: "loaded" }));
    hls.on(Events.LEVEL_UPDATED, (_event, { details }) => {
      this.#apply({ type: "frontier", seconds: details.edge, complete: !details.live });
      this.#stretch();
    });
    hls.on(Events.BUFFER_APPENDED, () => {
      this.#networkRecoveries = 0;
      this.#stretch();
    });
    hls.on(Events.ERROR, (_event, data) => {
      if (data.fatal) this.#recover(hls, data);
    });
    hls.loadSource(this.#url);
    hls.attachMedia(this.#video);
  }

  #loadNative(startAt: number): void {
    const { signal } = this.#gone;
    this.#video.src = this.#url;
    this.#video.addEventListener(
      "loadedmetadata",
      () => {
        this.#video.currentTime = startAt;
        this.#apply({ type: "loaded" });
      },
      { once: true, signal },
    );
    this.#video.addEventListener(
      "error",
      () => this.#fail({ kind: "media", detail: this.#video.error?.message ?? "" }),
      { once: true, signal },
    );
  }

  #unload(): void {
    clearTimeout(this.#timer);
    this.#mediaSource = undefined;
    if (this.#hls) {
      this.#hls.destroy();
      this.#hls = undefined;
    } else {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
  }

  /**
   * Gives the element the whole length while the list still grows, so that the bar is complete and one may seek
   * anywhere. hls.js only ever raises the duration, except before the first segment, hence again after each append.
   */
  #stretch(): void {
    const source = this.#mediaSource;
    const whole = this.#state.duration;
    if (source?.readyState !== "open" || this.#state.complete || whole <= 0) return;
    if (source.duration >= whole - 0.001) return;
    for (const buffer of source.sourceBuffers) if (buffer.updating) return;
    source.duration = whole;
  }

  #recover(hls: Hls, data: ErrorData): void {
    if (data.type === ErrorTypes.MEDIA_ERROR) {
      const now = performance.now();
      if (data.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) {
        this.#fail({ kind: "unsupported", detail: data.details });
      } else if (now - this.#mediaRecoveredAt > MEDIA_RECOVERY_MS) {
        this.#mediaRecoveredAt = now;
        hls.recoverMediaError();
      } else {
        this.#fail({ kind: "media", detail: data.details });
      }
      return;
    }
    if (data.type !== ErrorTypes.NETWORK_ERROR) {
      this.#fail({ kind: "media", detail: data.details });
      return;
    }
    const status = data.response?.code ?? 0;
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      this.#fail({ kind: "gone", detail: `${data.details} ${status}` });
      return;
    }
    if (this.#networkRecoveries >= MOST_NETWORK_RECOVERIES) {
      this.#fail({ kind: "network", detail: data.details });
      return;
    }
    const wait = FIRST_RECOVERY_MS * 2 ** this.#networkRecoveries;
    this.#networkRecoveries += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#hls !== hls) return;
      if (hls.levels.length === 0) hls.loadSource(this.#url);
      else hls.startLoad(this.#video.currentTime);
    }, wait);
  }

  #fail(problem: PlayerProblem): void {
    this.#hls?.stopLoad();
    this.#apply({ type: "failed", problem });
  }

  #listen(): void {
    const video = this.#video;
    const { signal } = this.#gone;
    const on = (names: string[], handler: () => void) => {
      for (const name of names) video.addEventListener(name, handler, { signal });
    };
    on(["play"], () => this.#apply({ type: "playing" }));
    on(["pause"], () => this.#apply({ type: "paused" }));
    on(["ended"], () => this.#apply({ type: "ended" }));
    on(["waiting", "seeking", "stalled"], () => {
      this.#apply({ type: "time", seconds: video.currentTime });
      if (video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) this.#apply({ type: "starved" });
    });
    on(["playing", "canplay", "seeked"], () => {
      if (video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) this.#apply({ type: "fed" });
    });
    on(["timeupdate", "seeked"], () => this.#apply({ type: "time", seconds: video.currentTime }));
    on(["durationchange"], () => {
      if (Number.isFinite(video.duration)) this.#apply({ type: "duration", seconds: video.duration });
      this.#stretch();
    });
    on(["loadedmetadata"], () => this.#stretch());
  }

  #apply(event: PlayerEvent): void {
    const next = reduce(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }
}
