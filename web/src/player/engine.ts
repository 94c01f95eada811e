import Hls, { type ErrorData, ErrorDetails, ErrorTypes, Events, type HlsConfig } from "hls.js";
import { firstEstimate, rememberBandwidth } from "./bandwidth";
import { redecodeReplaced } from "./redecode";
import { FrontierSpeed, type RungNews } from "./rungs";
import { initialState, type PlayerEvent, type PlayerProblem, type PlayerState, reduce } from "./state";
import { Steering } from "./steering";
import { preferAudio } from "./tracks";

export interface EngineOptions {
  video: HTMLVideoElement;
  /** The multivariant playlist. */
  url: string;
  /** Gives a fresh address when the first one stops working (a grant that ended). */
  freshUrl?: () => Promise<string>;
  /** A broadcast that is on: it plays as near to its newest picture as the list allows. */
  live?: boolean;
  /** Where to begin, in seconds; a broadcast begins at its live edge. */
  startAt: number;
  /** The whole length from the catalogue, in seconds. */
  duration?: number;
  rungs?: readonly RungNews[];
  /** The fixed quality, by the lines of the picture. */
  quality?: number;
  /** The language of the sound, when there is a choice. */
  audioLanguage?: string;
}

/** What the catalogue may tell later. */
export interface EngineNews {
  url: string;
  duration?: number;
  rungs: readonly RungNews[];
}

const NATIVE_TYPE = "application/vnd.apple.mpegurl";
const MOST_NETWORK_RECOVERIES = 4;
const FIRST_RECOVERY_MS = 1000;
const LONGEST_RECOVERY_MS = 8000;
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
  // A low rung would be loaded ten minutes ahead, and thrown away when a better one joins.
  maxMaxBufferLength: 60,
  abrEwmaDefaultEstimateMax: 20_000_000,
  // Captions are tracks of the element (tracks.ts), the same whoever plays; hls.js would bring each a second time, and switch
  // off what it did not choose.
  subtitleTrackController: undefined,
  subtitleStreamController: undefined,
  timelineController: undefined,
};

/**
 * What a broadcast needs beyond that: its parts, and some speed to catch up, which hls.js takes the more of the further behind it is. A stall
 * puts the player back by a part and a half, not by the whole second of hls.js, of which it never gets anything back.
 */
const liveConfig: Partial<HlsConfig> = {
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: 1.25,
  liveSyncOnStallIncrease: 0.5,
};

/** Plays one video on one element and keeps one typed state about it. */
export class PlayerEngine {
  #options: EngineOptions;
  #video: HTMLVideoElement;
  #state: PlayerState = initialState;
  #listeners = new Set<() => void>();
  #hls: Hls | undefined;
  #mediaSource: MediaSource | undefined;
  #steering: Steering | undefined;
  #speed = new FrontierSpeed();
  #url: string;
  #quality: number | undefined;
  #audioLanguage: string | undefined;
  #news: EngineNews | undefined;
  #levelEnds = false;
  #freshened = false;
  #networkRecoveries = 0;
  #mediaRecoveredAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #gone = new AbortController();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#video = options.video;
    this.#url = options.url;
    this.#quality = options.quality;
    this.#audioLanguage = options.audioLanguage;
    if (options.rungs) this.#news = { url: options.url, duration: options.duration, rungs: options.rungs };
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

  /** Takes what the catalogue says now: a longer encode, new rungs, a fresh address. */
  update(news: EngineNews): void {
    this.#news = news;
    this.#url = news.url;
    if (news.duration !== undefined) this.#apply({ type: "duration", seconds: news.duration });
    void this.#tellNews();
  }

  /** The running hls.js, for menus and numbers; undefined while the browser plays by itself. */
  get hls(): Hls | undefined {
    return this.#hls;
  }

  get steering(): Steering | undefined {
    return this.#steering;
  }

  /** Fixes the quality by the lines of the picture, or lets it adapt. */
  chooseQuality(lines: number | undefined): void {
    this.#quality = lines;
    this.#steering?.choose(lines);
    this.#tellChoices();
  }

  chooseAudio(id: string): void {
    const track = this.#hls?.audioTracks[Number(id)];
    if (this.#hls === undefined || track === undefined) return;
    this.#audioLanguage = track.lang;
    this.#hls.audioTrack = Number(id);
  }

  /** Seconds until the place somebody waits for is encoded, as far as the encode's speed tells. */
  get wait(): number | undefined {
    return this.#speed.secondsUntil(this.#state.time, performance.now());
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
    const estimate = firstEstimate();
    const common: Partial<HlsConfig> = {
      ...config,
      ...(estimate === undefined ? {} : { abrEwmaDefaultEstimate: estimate }),
      xhrSetup: (xhr, url) => this.#readdress(xhr, url),
    };
    const hls = this.#options.live
      ? new Hls({ ...common, ...liveConfig })
      : new GrowingHls({ ...common, startPosition: startAt });
    this.#hls = hls;
    this.#steering = new Steering(hls, this.#video, () => this.#url, this.#quality);
    preferAudio(hls, () => this.#audioLanguage);
    rememberBandwidth(hls);
    redecodeReplaced(hls, this.#video);
    hls.on(Events.MEDIA_ATTACHED, (_event, data) => {
      this.#mediaSource = data.mediaSource;
      this.#stretch();
    });
    hls.on(Events.MEDIA_DETACHED, () => {
      this.#mediaSource = undefined;
    });
    hls.on(Events.MANIFEST_PARSED, () => {
      this.#apply({ type: "loaded" });
      void this.#tellNews();
    });
    hls.on(Events.LEVEL_UPDATED, (_event, { details }) => {
      this.#levelEnds = !details.live;
      this.#tellFrontier();
      this.#stretch();
    });
    for (const name of [Events.LEVEL_SWITCHED, Events.AUDIO_TRACKS_UPDATED, Events.AUDIO_TRACK_SWITCHED] as const) {
      hls.on(name, () => this.#tellChoices());
    }
    hls.on(Events.BUFFER_APPENDED, () => {
      this.#networkRecoveries = 0;
      this.#freshened = false;
      this.#stretch();
    });
    hls.on(Events.ERROR, (_event, data) => {
      if (data.fatal) this.#recover(hls, data);
    });
    hls.loadSource(this.#url);
    hls.attachMedia(this.#video);
  }

  async #tellNews(): Promise<void> {
    const { news, steering } = { news: this.#news, steering: this.#steering };
    if (news === undefined || steering === undefined) return;
    await steering.news(news.rungs, news.duration ?? this.#state.duration);
    if (this.#steering !== steering) return;
    this.#tellFrontier();
    this.#tellChoices();
  }

  #tellFrontier(): void {
    const steering = this.#steering;
    if (steering === undefined) return;
    this.#speed.note(performance.now(), steering.frontier);
    this.#apply({ type: "frontier", seconds: steering.frontier, complete: steering.complete });
  }

  #tellChoices(): void {
    const steering = this.#steering;
    if (steering === undefined) return;
    const choices = { qualities: steering.qualities, chosenLines: steering.wanted, playing: steering.playing };
    this.#apply({ type: "choices", choices });
  }

  /** Playlists and segments keep the grant they were first asked with; a fresher one takes its place in the path. */
  #readdress(xhr: XMLHttpRequest, asked: string): void {
    const folder = /^(.*\/videos\/[^/]+\/)/;
    const now = folder.exec(new URL(this.#url, location.href).href)?.[1];
    const then = folder.exec(asked)?.[1];
    if (now !== undefined && then !== undefined && now !== then) xhr.open("GET", now + asked.slice(then.length), true);
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
    this.#levelEnds = false;
    this.#steering?.destroy();
    this.#steering = undefined;
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
    if (source?.readyState !== "open" || this.#levelEnds || whole <= 0 || this.#options.live) return;
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
      void this.#freshen(hls, `${data.details} ${status}`);
      return;
    }
    // A publisher who was lost may return for a while; the page is told when that is over.
    if (this.#networkRecoveries >= MOST_NETWORK_RECOVERIES && !this.#options.live) {
      this.#fail({ kind: "network", detail: data.details });
      return;
    }
    const wait = Math.min(LONGEST_RECOVERY_MS, FIRST_RECOVERY_MS * 2 ** this.#networkRecoveries);
    this.#networkRecoveries += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#hls !== hls) return;
      if (hls.levels.length === 0) hls.loadSource(this.#url);
      else hls.startLoad(this.#video.currentTime);
    }, wait);
  }

  /** Refused media may be an address that has ended: asks for a fresh one, once per refusal. */
  async #freshen(hls: Hls, detail: string): Promise<void> {
    const before = this.#url;
    if (!this.#freshened && this.#options.freshUrl) {
      this.#freshened = true;
      try {
        this.#url = await this.#options.freshUrl();
      } catch {
        // Then it is gone.
      }
    }
    if (this.#hls !== hls) return;
    if (this.#url === before) {
      this.#fail({ kind: "gone", detail });
    } else if (hls.levels.length === 0) {
      hls.loadSource(this.#url);
    } else {
      hls.startLoad(this.#video.currentTime);
    }
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
    // Before hls.js hears of it and chooses what to load there.
    on(["seeking"], () => this.#steering?.steer());
    on(["resize"], () => this.#tellChoices());
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
