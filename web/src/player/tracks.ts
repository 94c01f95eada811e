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

/** The captions of an element: those that stand beside the playlists, unless the browser brings them out of these. */
export class Captions {
  #video: HTMLVideoElement;
  #wished: string | undefined;
  #mine = new Map<string, HTMLTrackElement>();

  constructor(video: HTMLVideoElement, wished: string | undefined) {
    this.#video = video;
    this.#wished = wished;
    video.addEventListener("loadedmetadata", () => this.#apply());
    video.textTracks.addEventListener("addtrack", ({ track }) => {
      // Safari's own player reads them from the playlists.
      const mine = track && this.#mine.get(track.language);
      if (mine && mine.track !== track) mine.remove();
      this.#apply();
    });
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

  /** Called again when there are more, or under other addresses. */
  sidecar(list: readonly SidecarCaptions[]): void {
    for (const { lang, label, url } of list.slice(0, MOST_CAPTIONS)) {
      const known = this.#mine.get(lang);
      // One that nobody has switched on yet is fetched later, and by then its address may have ended.
      if (known?.readyState === HTMLTrackElement.NONE && known.getAttribute("src") !== url) known.src = url;
      if (known || this.#tracks().some((track) => track.language === lang)) continue;
      const element = document.createElement("track");
      element.kind = "subtitles";
      element.srclang = lang;
      element.label = label;
      element.src = url;
      this.#mine.set(lang, element);
      this.#video.append(element);
    }
    this.#apply();
  }

  #apply(): void {
    if (this.#wished === undefined) return;
    const tracks = this.#tracks();
    const wished = tracks.find(({ language }) => language === this.#wished);
    if (wished === undefined) return;
    // Once one is on, Chromium switches on another by itself while it loads.
    for (const track of tracks) track.mode = track === wished ? "showing" : "disabled";
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
