import { t } from "@/shared/i18n/t";
import { Bounds } from "./bounds";
import { CaptionsButton } from "./captions-button";
import { Chrome } from "./chrome";
import { type CommandTarget, commandFor, keyOf } from "./commands";
import { type ContextItem, ContextMenu } from "./context-menu";
import { make } from "./dom";
import { EndCard, type Suggestion } from "./end-card";
import { type EngineNews, PlayerEngine } from "./engine";
import { announce } from "./media-session";
import { Note } from "./note";
import { readPreferences } from "./preferences";
import type { RungNews } from "./rungs";
import { SettingsMenu } from "./settings-menu";
import { ShortcutsDialog } from "./shortcuts-dialog";
import { awaitsEncode } from "./state";
import { StatsPanel } from "./stats";
import { Storyboard } from "./storyboard";
import { Theater } from "./theater";
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
  /** A broadcast that is on. */
  live?: boolean;
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
  /** What a person may give to others; without it there is nothing to copy. */
  share?: PlayerShare;
}

/** The addresses of a video, and how to put them on the clipboard. */
export interface PlayerShare {
  /** The address of its page at a time in seconds. */
  link(seconds: number): string;
  /** What another site puts into its page; absent where nobody else may see the video. */
  embedCode?(): string;
  /** Whether the clipboard has it now. */
  copy(text: string): Promise<boolean>;
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
  /** Plays what was added last to a video that still grows. */
  newest(): void;
  readonly currentTime: number;
  destroy(): void;
}

/** Builds the player inside `host` and starts it. */
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
    live: options.live,
    startAt: options.startAt,
    duration: options.duration,
    rungs: options.rungs,
    quality: preferences.quality,
    audioLanguage: preferences.audio,
  });
  const seek = (seconds: number) => engine.seek(seconds);
  const play = () => engine.play();
  const captions = new Captions(video, preferences.captions);
  const captionsButton = new CaptionsButton(captions, video.textTracks, signal);
  const storyboard = new Storyboard(video);
  const stats = new StatsPanel(engine, video);
  const shortcuts = new ShortcutsDialog();
  const note = new Note();
  const theater = new Theater(options.onTheater);
  // Who asked for a part of the video hears that part again; a loop by hand is the whole video.
  const from = options.loop || options.endAt !== undefined ? options.startAt : 0;
  const bounds = new Bounds(video, { from, end: options.endAt, loop: options.loop === true, seek, play, signal });

  const copies = options.share && copyItems(options.share, video, note);
  const help: ContextItem[] = [
    { label: t("player.stats"), run: () => stats.toggle() },
    { label: t("player.shortcuts"), run: () => shortcuts.show() },
  ];
  const settings = new SettingsMenu({
    engine,
    video,
    captions,
    signal,
    actions: [...(copies ? [copies.atTime] : []), ...help],
  });
  const replay = () => {
    seek(options.startAt);
    void play();
  };
  const end = new EndCard({ replay, suggestions: options.suggestions, open: options.open });
  const chrome = new Chrome({
    video,
    live: options.live,
    controls: options.controls,
    posterUrl: options.posterUrl,
    captions: captionsButton.element,
    settings: settings.button,
    theater: options.onTheater && theater.button,
    note: note.element,
    overlays: [end.element, settings.panel, stats.element],
    retry: () => void engine.retry(),
  });
  const { controller } = chrome;
  host.append(controller, chrome.failure, shortcuts.element);
  if (options.controls !== false) {
    const loop: ContextItem = {
      label: t("player.loop"),
      checked: () => bounds.loop,
      run: () => {
        bounds.loop = !bounds.loop;
        render();
      },
    };
    const menu = new ContextMenu(controller, [loop, ...Object.values(copies ?? {}), ...help], signal);
    controller.append(menu.element);
  }

  const target: CommandTarget = {
    video,
    seek,
    play,
    toggleFullscreen: () => {
      if (document.fullscreenElement) void document.exitFullscreen();
      else void controller.requestFullscreen?.();
    },
    toggleCaptions: () => captionsButton.toggle(),
    toggleTheater: () => theater.toggle(),
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

  const render = () => {
    const { state } = engine;
    chrome.show(state, { wait: engine.wait, open: settings.open });
    const audioOnly =
      state.phase === "ready" && (engine.hls?.levels.length ?? 0) > 0 && state.choices.qualities.length === 0;
    controller.toggleAttribute("data-audio", audioOnly);
    settings.render();
    end.show(!bounds.loop && (state.ended || (bounds.stopped && !state.playing)));
  };
  const ticking = setInterval(() => awaitsEncode(engine.state) && render(), 1000);
  video.addEventListener("pause", () => queueMicrotask(render), { signal });
  engine.subscribe(render);
  captions.sidecar(options.captions ?? []);
  storyboard.show(options.storyboardUrl);
  render();
  announce({ title: options.title, posterUrl: options.posterUrl, video, seek, signal });
  if (options.autoplay !== false) void play();

  return {
    update: (news) => {
      engine.update(news);
      captions.sidecar(news.captions ?? []);
      storyboard.show(news.storyboardUrl);
    },
    seek,
    newest: () => {
      seek(Math.max(0, engine.state.frontier - BEHIND_NEWEST));
      void play();
    },
    get currentTime() {
      return video.currentTime;
    },
    destroy() {
      gone.abort();
      clearInterval(ticking);
      stats.destroy();
      engine.destroy();
      chrome.remove();
      shortcuts.element.remove();
    },
  };
}

/** Seconds before the end of a list that grows: as much as a segment, so that playing does not stop before the next one is there. */
const BEHIND_NEWEST = 2;

/** The ways to give the video to others. */
function copyItems({ link, embedCode, copy }: PlayerShare, video: HTMLVideoElement, note: Note) {
  const item = (label: string, done: string, text: (seconds: number) => string): ContextItem => ({
    label,
    run: () => {
      const wanted = text(Math.floor(video.currentTime));
      void copy(wanted).then((copied) => note.say(copied ? done : wanted));
    },
  });
  return {
    whole: item(t("action.copyLink"), t("action.copied"), () => link(0)),
    atTime: item(t("player.copyAtTime"), t("action.copied"), link),
    ...(embedCode && { embed: item(t("player.copyEmbed"), t("share.codeCopied"), embedCode) }),
  };
}

async function togglePictureInPicture(video: HTMLVideoElement): Promise<void> {
  try {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await video.requestPictureInPicture();
  } catch {
    // The browser has none, or wants a click of its own; its button says so.
  }
}
