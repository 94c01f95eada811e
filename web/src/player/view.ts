import "media-chrome";
import { t } from "@/shared/i18n/t";
import { type CommandTarget, commandFor } from "./commands";
import { type EngineNews, PlayerEngine } from "./engine";
import { rateButton } from "./rate-button";
import type { RungNews } from "./rungs";
import { ShortcutsDialog } from "./shortcuts-dialog";
import { awaitsEncode, frontierShare, type PlayerState } from "./state";
import "./player.css";

export interface PlayerOptions {
  url: string;
  freshUrl?: () => Promise<string>;
  posterUrl?: string;
  title: string;
  /** Seconds. */
  startAt: number;
  /** Seconds. */
  duration?: number;
  rungs?: readonly RungNews[];
  /** Begins without sound. */
  muted?: boolean;
  /** Whether there is a control bar; there is unless said otherwise. */
  controls?: boolean;
}

export interface Player {
  /** Takes what the catalogue says now, without starting over. */
  update(news: EngineNews): void;
  seek(seconds: number): void;
  readonly currentTime: number;
  destroy(): void;
}

/** Builds the player inside `host` and starts it. The controls are media-chrome elements, styled only by our tokens. */
export function createPlayer(host: HTMLElement, options: PlayerOptions): Player {
  const gone = new AbortController();
  const { signal } = gone;
  const video = make("video", { slot: "media", playsinline: "", preload: "auto" });
  video.setAttribute("aria-label", options.title);
  if (options.posterUrl) video.poster = options.posterUrl;
  // Before the first attempt to play: browsers let silent videos start by themselves.
  video.muted = options.muted ?? false;

  const notice = make("p", { class: "vs-notice", role: "status" });
  const failure = make("div", { class: "vs-failure", role: "alert" });
  const failureText = make("p");
  const retry = make("button", { type: "button", class: "vs-failure-retry" });
  retry.textContent = t("action.tryAgain");
  failure.append(failureText, retry);
  failure.hidden = true;

  const bigPlay = make("media-play-button", { class: "vs-big-play", notooltip: "" });
  const centre = make("div", { slot: "centered-chrome", class: "vs-centre" });
  const spinner = make("media-loading-indicator", { noautohide: "" });
  centre.append(bigPlay);

  const captions = make("media-captions-button");
  const bar = make("media-control-bar", { class: "vs-bar" });
  bar.append(
    make("media-play-button"),
    make("media-mute-button"),
    make("media-volume-range"),
    make("media-time-display", { showduration: "", notoggle: "" }),
    make("span", { class: "vs-space" }),
    captions,
    rateButton(video, signal),
    make("media-pip-button"),
    make("media-fullscreen-button"),
  );

  const range = make("media-time-range", { class: "vs-range" });
  const controller = make("media-controller", {
    class: "vs-player",
    nohotkeys: "",
    role: "region",
    "aria-label": t("player.label"),
  });
  const shade = make("div", { class: "vs-shade", "aria-hidden": "true" });
  const middle = make("div", { slot: "centered-chrome", class: "vs-wait", noautohide: "" });
  middle.append(spinner, notice);
  controller.append(video, centre, middle, ...(options.controls === false ? [] : [shade, range, bar]));
  const shortcuts = new ShortcutsDialog();
  host.append(controller, failure, shortcuts.element);
  // It says aria-checked, which a plain button must not.
  captions.setAttribute("role", "switch");

  const engine = new PlayerEngine({
    video,
    url: options.url,
    freshUrl: options.freshUrl,
    startAt: options.startAt,
    duration: options.duration,
    rungs: options.rungs,
  });

  const target: CommandTarget = {
    video,
    seek: (seconds) => engine.seek(seconds),
    play: () => engine.play(),
    toggleFullscreen: () => {
      if (document.fullscreenElement) void document.exitFullscreen();
      else void controller.requestFullscreen?.();
    },
    toggleCaptions: () => toggleCaptions(video),
    showShortcuts: () => shortcuts.show(),
  };
  addEventListener(
    "keydown",
    (event) => {
      const command = commandFor(event);
      if (command === undefined) return;
      event.preventDefault();
      command.perform(target, event.key.toLowerCase());
    },
    { signal },
  );
  retry.addEventListener("click", () => void engine.retry(), { signal });

  const render = () => show(engine.state, { controller, chrome: [range, bar, shade], notice, failure, failureText });
  engine.subscribe(render);
  render();
  void engine.play();

  return {
    update: (news) => engine.update(news),
    seek: (seconds) => engine.seek(seconds),
    get currentTime() {
      return video.currentTime;
    },
    destroy() {
      gone.abort();
      engine.destroy();
      controller.remove();
      failure.remove();
      shortcuts.element.remove();
    },
  };
}

interface Parts {
  controller: HTMLElement;
  /** What hides by itself while playing. */
  chrome: readonly HTMLElement[];
  notice: HTMLElement;
  failure: HTMLElement;
  failureText: HTMLElement;
}

function show(state: PlayerState, { controller, chrome, notice, failure, failureText }: Parts): void {
  const waiting = awaitsEncode(state);
  controller.toggleAttribute("data-awaits-encode", waiting);
  controller.toggleAttribute("data-blocked", state.blocked);
  controller.style.setProperty("--vs-frontier", `${(frontierShare(state) * 100).toFixed(2)}%`);
  // Whoever waits wants to see how far the encode is, and to go back.
  for (const element of chrome) element.toggleAttribute("noautohide", waiting);
  setText(notice, waiting ? t("player.stillPreparing") : "");
  const failed = state.phase === "failed";
  if (failure.hidden === failed) {
    failure.hidden = !failed;
    controller.inert = failed;
  }
  setText(failureText, state.problem ? t(`player.problem.${state.problem.kind}`) : "");
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function toggleCaptions(video: HTMLVideoElement): void {
  const tracks = [...video.textTracks].filter((track) => track.kind === "captions" || track.kind === "subtitles");
  const showing = tracks.find((track) => track.mode === "showing");
  if (showing) showing.mode = "disabled";
  else if (tracks[0]) tracks[0].mode = "showing";
}

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes?: Record<string, string | undefined>,
): HTMLElementTagNameMap[Name];
function make(name: string, attributes?: Record<string, string | undefined>): HTMLElement;
function make(name: string, attributes: Record<string, string | undefined> = {}): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(key, value);
  }
  return element;
}
