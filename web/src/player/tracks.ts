import type Hls from "hls.js";
import { Events } from "hls.js";

/** A choice of language, for sound or captions. */
export interface LanguageTrack {
  id: string;
  label: string;
  lang: string;
}

/** Captions beside the playlists. */
export interface SidecarCaptions {
  lang: string;
  label: string;
  url: string;
}

/** The sound of the running stream in its languages. */
export function audioTracks(hls: Hls | undefined): LanguageTrack[] {
  return (hls?.audioTracks ?? []).map((track, index) => ({
    id: String(index),
    label: track.name || nameOf(track.lang ?? ""),
    lang: track.lang ?? "",
  }));
}

/** Takes the sound in the wished language as soon as it is known. */
export function preferAudio(hls: Hls, lang: () => string | undefined): void {
  hls.on(Events.AUDIO_TRACKS_UPDATED, (_event, { audioTracks: tracks }) => {
    const wished = lang();
    const index = tracks.findIndex((track) => track.lang === wished);
    if (wished !== undefined && index >= 0 && hls.audioTrack !== index) hls.audioTrack = index;
  });
}

/** The captions of an element: those of the playlists, and those that stand beside them. */
export class Captions {
  #video: HTMLVideoElement;
  #wished: string | undefined;

  constructor(video: HTMLVideoElement, wished: string | undefined) {
    this.#video = video;
    this.#wished = wished;
    video.textTracks.addEventListener("addtrack", () => this.#apply());
  }

  get list(): LanguageTrack[] {
    return this.#tracks().map((track, index) => ({
      id: String(index),
      label: track.label || nameOf(track.language),
      lang: track.language,
    }));
  }

  /** The chosen one's id; undefined is off. */
  get chosen(): string | undefined {
    const index = this.#tracks().findIndex((track) => track.mode === "showing");
    return index < 0 ? undefined : String(index);
  }

  choose(id: string | undefined): void {
    const tracks = this.#tracks();
    const chosen = id === undefined ? undefined : tracks[Number(id)];
    for (const track of tracks) track.mode = track === chosen ? "showing" : "disabled";
    this.#wished = chosen?.language;
  }

  /** Adds those that no playlist brought; called again when there are more. */
  sidecar(list: readonly SidecarCaptions[]): void {
    for (const { lang, label, url } of list.slice(0, MOST_CAPTIONS)) {
      if (this.#tracks().some((track) => track.language === lang)) continue;
      const element = document.createElement("track");
      element.kind = "subtitles";
      element.srclang = lang;
      element.label = label;
      element.src = url;
      this.#video.append(element);
    }
    this.#apply();
  }

  #apply(): void {
    if (this.#wished === undefined || this.chosen !== undefined) return;
    const track = this.#tracks().find(({ language }) => language === this.#wished);
    if (track) track.mode = "showing";
  }

  #tracks(): TextTrack[] {
    return [...this.#video.textTracks].filter(({ kind }) => kind === "captions" || kind === "subtitles");
  }
}

function nameOf(lang: string): string {
  try {
    return new Intl.DisplayNames(navigator.language, { type: "language" }).of(lang) ?? lang;
  } catch {
    return lang;
  }
}

const MOST_CAPTIONS = 50;
