import { formatClock } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { loadedUntil, SLACK } from "./buffered";
import { make } from "./dom";
import type { PlayerEngine } from "./engine";

/** What the network said of the media files of this page. */
class MediaRequests {
  count = 0;
  cached = 0;
  bytes = 0;
  firstByteMs: number | undefined;
  #observer: PerformanceObserver | undefined;

  constructor() {
    if (!PerformanceObserver.supportedEntryTypes.includes("resource")) return;
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (entry instanceof PerformanceResourceTiming) this.#note(entry);
    });
    this.#observer.observe({ type: "resource", buffered: true });
  }

  stop(): void {
    this.#observer?.disconnect();
  }

  #note({ name, transferSize, encodedBodySize, responseStart, requestStart }: PerformanceResourceTiming): void {
    if (!/\/media\/.*\.(m4s|mp4)$/.test(name) || encodedBodySize === 0) return;
    this.count += 1;
    if (transferSize === 0) this.cached += 1;
    else this.firstByteMs = responseStart - requestStart;
    this.bytes += encodedBodySize;
  }
}

/** "Stats for nerds": measured numbers, once a second while it is open. */
export class StatsPanel {
  readonly element = make("section", { class: "vs-panel vs-stats", "aria-label": t("player.stats"), noautohide: "" });
  #engine: PlayerEngine;
  #video: HTMLVideoElement;
  #list = make("dl");
  #requests: MediaRequests | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(engine: PlayerEngine, video: HTMLVideoElement) {
    this.#engine = engine;
    this.#video = video;
    const close = make("button", { type: "button", class: "vs-button", "aria-label": t("action.close") }, "×");
    close.addEventListener("click", () => this.toggle(false));
    this.element.append(make("header", {}, make("h2", {}, t("player.stats")), close), this.#list);
    this.element.hidden = true;
  }

  toggle(open = this.element.hidden): void {
    this.element.hidden = !open;
    clearInterval(this.#timer);
    if (!open) return;
    this.#requests ??= new MediaRequests();
    this.#render();
    this.#timer = setInterval(() => this.#render(), 1000);
  }

  destroy(): void {
    clearInterval(this.#timer);
    this.#requests?.stop();
    this.element.remove();
  }

  #render(): void {
    const rows = this.#rows().filter(([, value]) => value !== "");
    this.#list.replaceChildren(...rows.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, value)]));
  }

  #rows(): [string, string][] {
    const { state, steering, hls } = this.#engine;
    const video = this.#video;
    const quality = video.getVideoPlaybackQuality();
    const requests = this.#requests;
    const playing = steering?.playing;
    const scale = devicePixelRatio;
    const screen = `${Math.round(video.clientWidth * scale)} × ${Math.round(video.clientHeight * scale)}`;
    return [
      [t("stats.rung"), playing && steering ? `${playing.name}, ${t(`stats.reason.${steering.reason}`)}` : ""],
      [t("stats.picture"), video.videoWidth > 0 ? `${video.videoWidth} × ${video.videoHeight} → ${screen}` : ""],
      [t("stats.bitrate"), playing ? megabits(playing.bitrate) : ""],
      [t("stats.bandwidth"), hls && Number.isFinite(hls.bandwidthEstimate) ? megabits(hls.bandwidthEstimate) : ""],
      [t("stats.buffer"), t("stats.seconds", { n: ahead(video).toFixed(1) })],
      [
        t("stats.frames"),
        t("stats.framesOf", { dropped: quality.droppedVideoFrames, decoded: quality.totalVideoFrames }),
      ],
      [
        t("stats.frontier"),
        state.complete ? t("stats.whole") : `${formatClock(state.frontier)} / ${formatClock(state.duration)}`,
      ],
      [t("stats.cache"), requests ? t("stats.cacheOf", { cached: requests.cached, all: requests.count }) : ""],
      [
        t("stats.latency"),
        requests?.firstByteMs === undefined ? "" : t("stats.milliseconds", { n: requests.firstByteMs.toFixed(0) }),
      ],
      [t("stats.codecs"), hls?.levels[hls.currentLevel]?.codecs ?? ""],
    ];
  }
}

function ahead(video: HTMLVideoElement): number {
  return (loadedUntil(video, SLACK) ?? video.currentTime) - video.currentTime;
}

const megabits = (rate: number) => t("stats.megabits", { n: (rate / 1e6).toFixed(2) });
