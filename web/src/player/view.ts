import "media-chrome";
import { formatSpan } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { type CommandTarget, commandFor, keyOf } from "./commands";
import { icon, make, setText } from "./dom";
import { EndCard, type Suggestion } from "./end-card";
import { type EngineNews, PlayerEngine } from "./engine";
import { readPreferences, savePreferences } from "./preferences";
import type { RungNews } from "./rungs";
import { SettingsMenu } from "./settings-menu";
import { ShortcutsDialog } from "./shortcuts-dialog";
import { awaitsEncode, frontierShare, type PlayerState } from "./state";
import { StatsPanel } from "./stats";
import { Captions, type SidecarCaptions } from "./tracks";
import "./player.css";

export interface PlayerOptions {
  url: string;
  freshUrl?: () => Promise<string>;
  posterUrl?: string;
  /** WebVTT whose cues name pictures with `#xywh=`. */
  storyboardUrl?: string;
  captions?: readonly SidecarCaptions[];
  title: string;
  /** Seconds. */
  startAt: number;
  /** Where it stops, in seconds; the end card shows there. */
  endAt?: number;
  /** Seconds. */
  duration?: number;
  rungs?: readonly RungNews[];
  /** Absent is true. */
  autoplay?: boolean;
  muted?: boolean;
  loop?: boolean;
  /** Absent is true. */
  controls?: boolean;
  suggestions?: () => Promise<readonly Suggestion[]>;
  /** Goes to an address within the app. */
  open?: (href: string) => void;
  /** The page can widen the player; without it there is no such button. */
  onTheater?: (on: boolean) => void;
  /** The address of the page at a time in seconds, and how to put it on the clipboard. */
  copyLinkAt?: (seconds: number) => Promise<boolean>;
}

/** What the catalogue may tell a running player. */
export interface PlayerNews extends EngineNews {
  storyboardUrl?: string;
  captions?: readonly SidecarCaptions[];
}

export interface Player {
  /** Takes what the catalogue says now, without starting over. */
  update(news: PlayerNews): void;
  seek(seconds: number): void;
  readonly currentTime: number;
  destroy(): void;
}

/** Builds the player inside `host` and starts it. The controls are media-chrome elements, styled only by our tokens. */
export function createPlayer(host: HTMLElement, options: PlayerOptions): Player {
  const gone = new AbortController();
  const { signal } = gone;
  const preferences = readPreferences();
  const video = make("video", { slot: "media", playsinline: "", preload: "auto", poster: options.posterUrl });
  video.setAttribute("aria-label", options.title);
  video.muted = options.muted === true;

  const engine = new PlayerEngine({
    video,
    url: options.url,
    freshUrl: options.freshUrl,
    startAt: options.startAt,
    duration: options.duration,
    rungs: options.rungs,
    quality: preferences.quality,
    audioLanguage: preferences.audio,
  });
  const captions = new Captions(video, preferences.captions);
  const storyboard = new Storyboard(video);
  const stats = new StatsPanel(engine, video);
  const shortcuts = new ShortcutsDialog();
  const note = new Note();

  const copyLink = async () => {
    const done = await options.copyLinkAt?.(Math.floor(video.currentTime));
    if (done) note.say(t("action.copied"));
  };
  const menu = new SettingsMenu({
    engine,
    video,
    captions,
    signal,
    actions: [
      ...(options.copyLinkAt ? [{ label: t("player.copyAtTime"), run: () => void copyLink() }] : []),
      { label: t("player.stats"), run: () => stats.toggle() },
      { label: t("player.shortcuts"), run: () => shortcuts.show() },
    ],
  });

  let theater = false;
  const theaterButton = make("button", { type: "button", class: "vs-button vs-theater", title: t("player.theater") });
  theaterButton.setAttribute("aria-label", t("player.theater"));
  theaterButton.append(icon(WIDE));
  const setTheater = (on: boolean) => {
    if (!options.onTheater || on === theater) return;
    theater = on;
    theaterButton.setAttribute("aria-pressed", String(on));
    savePreferences({ theater: on || undefined });
    options.onTheater(on);
  };
  theaterButton.setAttribute("aria-pressed", "false");
  theaterButton.addEventListener("click", () => setTheater(!theater));
  setTheater(preferences.theater === true);

  const replay = () => {
    engine.seek(options.startAt);
    void engine.play();
  };
  const end = new EndCard({ replay, suggestions: options.suggestions, open: options.open });
  const failureText = make("p");
  const retry = make("button", { type: "button", class: "vs-pill" }, t("action.tryAgain"));
  const failure = make("div", { class: "vs-failure", role: "alert" }, failureText, retry);
  failure.hidden = true;
  retry.addEventListener("click", () => void engine.retry());

  const captionsButton = make("media-captions-button");
  // It says aria-checked, which a plain button must not.
  captionsButton.setAttribute("role", "switch");
  const bar = make(
    "media-control-bar",
    { class: "vs-bar" },
    make("media-play-button"),
    make("media-mute-button"),
    make("media-volume-range"),
    make("media-time-display", { showduration: "", notoggle: "" }),
    make("span", { class: "vs-space" }),
    captionsButton,
    menu.button,
    make("media-pip-button"),
    ...(options.onTheater ? [theaterButton] : []),
    make("media-fullscreen-button"),
  );
  const range = make(
    "div",
    { class: "vs-range-box" },
    make("media-time-range", { class: "vs-range" }),
    make("div", { class: "vs-unmade", "aria-hidden": "true" }),
  );
  const shade = make("div", { class: "vs-shade", "aria-hidden": "true" });
  const notice = make("p", { class: "vs-notice", role: "status" });
  const centre = make("div", { slot: "centered-chrome", class: "vs-centre" });
  centre.append(make("media-play-button", { class: "vs-big-play", notooltip: "" }));
  const middle = make("div", { slot: "centered-chrome", class: "vs-wait", noautohide: "" });
  middle.append(make("media-loading-indicator", { noautohide: "" }), notice, note.element);
  const controller = make("media-controller", {
    class: "vs-player",
    nohotkeys: "",
    role: "region",
    "aria-label": t("player.label"),
  });
  const chrome = options.controls === false ? [] : [shade, range, bar];
  controller.append(video, centre, middle, end.element, ...chrome, menu.panel, stats.element);
  if (options.posterUrl) controller.style.setProperty("--vs-poster", `url(${JSON.stringify(options.posterUrl)})`);
  host.append(controller, failure, shortcuts.element);
  controller.addEventListener(
    "contextmenu",
    (event) => {
      if (options.controls === false) return;
      event.preventDefault();
      menu.toggle(true);
    },
    { signal },
  );

  const target: CommandTarget = {
    video,
    seek: (seconds) => engine.seek(seconds),
    play: () => engine.play(),
    toggleFullscreen: () => {
      if (document.fullscreenElement) void document.exitFullscreen();
      else void controller.requestFullscreen?.();
    },
    toggleCaptions: () => captions.choose(captions.chosen === undefined ? captions.list[0]?.id : undefined),
    toggleTheater: () => setTheater(!theater),
    togglePictureInPicture: () => void togglePictureInPicture(video),
    showShortcuts: () => shortcuts.show(),
  };
  addEventListener(
    "keydown",
    (event) => {
      const command = commandFor(event);
      if (command === undefined) return;
      event.preventDefault();
      command.perform(target, keyOf(event));
    },
    { signal },
  );

  let stopped = false;
  video.addEventListener(
    "timeupdate",
    () => {
      const past = options.endAt !== undefined && video.currentTime >= options.endAt;
      if (past && !stopped && !video.seeking) {
        if (options.loop) replay();
        else video.pause();
      }
      stopped = past;
    },
    { signal },
  );
  video.addEventListener("ended", () => options.loop && replay(), { signal });

  const render = () => {
    const { state } = engine;
    show(state, { controller, chrome: [...chrome], notice, failure, failureText, wait: engine.wait, open: menu.open });
    const audioOnly =
      state.phase === "ready" && (engine.hls?.levels.length ?? 0) > 0 && state.choices.qualities.length === 0;
    controller.toggleAttribute("data-audio", audioOnly);
    menu.render();
    end.show(!options.loop && (state.ended || (stopped && !state.playing)));
  };
  const ticking = setInterval(() => awaitsEncode(engine.state) && render(), 1000);
  video.addEventListener("pause", () => queueMicrotask(render), { signal });
  engine.subscribe(render);
  captions.sidecar(options.captions ?? []);
  storyboard.show(options.storyboardUrl);
  render();
  announce(options);
  if (options.autoplay !== false) void engine.play();

  return {
    update: (news) => {
      engine.update(news);
      captions.sidecar(news.captions ?? []);
      storyboard.show(news.storyboardUrl);
    },
    seek: (seconds) => engine.seek(seconds),
    get currentTime() {
      return video.currentTime;
    },
    destroy() {
      gone.abort();
      clearInterval(ticking);
      stats.destroy();
      engine.destroy();
      controller.remove();
      failure.remove();
      shortcuts.element.remove();
    },
  };
}

/** The pictures over the bar; media-chrome finds them by the track's label. */
class Storyboard {
  #video: HTMLVideoElement;
  #track: HTMLTrackElement | undefined;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  show(url: string | undefined): void {
    // A storyboard under another grant is the same storyboard.
    if (!url || this.#track !== undefined) return;
    this.#track = make("track", { kind: "metadata", label: "thumbnails", default: "", src: url });
    this.#video.append(this.#track);
  }
}

/** A short word that goes away by itself. */
class Note {
  readonly element = make("p", { class: "vs-notice", role: "status" });
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    clearTimeout(this.#timer);
    setText(this.element, text);
    this.#timer = setTimeout(() => setText(this.element, ""), 2500);
  }
}

interface Parts {
  controller: HTMLElement;
  /** What hides by itself while playing. */
  chrome: readonly HTMLElement[];
  notice: HTMLElement;
  failure: HTMLElement;
  failureText: HTMLElement;
  /** Seconds until the wished place is encoded. */
  wait: number | undefined;
  /** A panel is open. */
  open: boolean;
}

function show(state: PlayerState, { controller, chrome, notice, failure, failureText, wait, open }: Parts): void {
  const waiting = awaitsEncode(state);
  controller.toggleAttribute("data-awaits-encode", waiting);
  controller.toggleAttribute("data-blocked", state.blocked);
  controller.toggleAttribute("data-growing", state.phase === "ready" && !state.complete);
  controller.style.setProperty("--vs-frontier", `${(frontierShare(state) * 100).toFixed(2)}%`);
  // Whoever waits wants to see how far the encode is, and to go back.
  for (const element of chrome) element.toggleAttribute("noautohide", waiting || open);
  const estimate = wait === undefined ? "" : formatSpan(wait);
  const text = estimate === "" ? t("player.stillPreparing") : t("player.stillPreparingFor", { time: estimate });
  setText(notice, waiting ? text : "");
  const failed = state.phase === "failed";
  if (failure.hidden === failed) {
    failure.hidden = !failed;
    controller.inert = failed;
  }
  setText(failureText, state.problem ? t(`player.problem.${state.problem.kind}`) : "");
}

async function togglePictureInPicture(video: HTMLVideoElement): Promise<void> {
  try {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await video.requestPictureInPicture();
  } catch {
    // The browser has none, or wants a click of its own; its button says so.
  }
}

/** For the keys of the keyboard and the lock screen. */
function announce({ title, posterUrl }: PlayerOptions): void {
  if (!("mediaSession" in navigator)) return;
  const artwork = posterUrl ? [{ src: new URL(posterUrl, location.href).href }] : [];
  navigator.mediaSession.metadata = new MediaMetadata({ title, artwork });
}

const WIDE = "M3 6h18v12H3zm2 2v8h14V8z";
