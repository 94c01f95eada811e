import { t } from "@/shared/i18n/t";
import { icon, make } from "./dom";
import type { PlayerEngine } from "./engine";
import { readPreferences, savePreferences } from "./preferences";
import type { Quality } from "./steering";
import { audioTracks, type Captions } from "./tracks";

export interface SettingsParts {
  engine: PlayerEngine;
  video: HTMLVideoElement;
  captions: Captions;
  actions: { label: string; run(): void }[];
  signal: AbortSignal;
}

export const RATES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const;

interface Option {
  value: string;
  text: string;
}

/** Quality, speed, captions and sound in one panel. Native lists: they are right on a phone, in a reader and in long languages. */
export class SettingsMenu {
  readonly button = make("button", {
    type: "button",
    class: "vs-button vs-settings",
    "aria-label": t("player.settings"),
    title: t("player.settings"),
    "aria-expanded": "false",
    "aria-controls": "vs-settings-panel",
  });
  readonly panel = make("div", {
    class: "vs-panel vs-menu",
    id: "vs-settings-panel",
    role: "group",
    "aria-label": t("player.settings"),
    noautohide: "",
  });
  #parts: SettingsParts;
  #quality: HTMLSelectElement;
  #speed: HTMLSelectElement;
  #captions: HTMLSelectElement;
  #sound: HTMLSelectElement;

  constructor(parts: SettingsParts) {
    this.#parts = parts;
    const { engine, video, captions, signal } = parts;
    this.button.append(icon(GEAR));
    this.panel.hidden = true;
    this.#quality = this.#row(t("player.quality"), (value) => {
      const lines = value === AUTO ? undefined : Number(value);
      engine.chooseQuality(lines);
      savePreferences({ quality: lines });
    });
    this.#speed = this.#row(t("player.speed"), (value) => {
      video.playbackRate = Number(value);
    });
    this.#captions = this.#row(t("player.captions"), (value) => {
      captions.choose(value === OFF ? undefined : value);
      savePreferences({ captions: captions.list.find(({ id }) => id === value)?.lang });
    });
    this.#sound = this.#row(t("player.sound"), (value) => {
      engine.chooseAudio(value);
      savePreferences({ audio: audioTracks(engine.hls).find(({ id }) => id === value)?.lang });
    });
    for (const { label, run } of parts.actions) {
      const action = make("button", { type: "button", class: "vs-menu-action" }, label);
      action.addEventListener("click", () => {
        this.toggle(false);
        run();
      });
      this.panel.append(action);
    }
    const rate = readPreferences().rate;
    if (rate !== undefined) video.playbackRate = rate;
    this.button.addEventListener("click", () => this.toggle());
    video.addEventListener(
      "ratechange",
      () => {
        savePreferences({ rate: video.playbackRate === 1 ? undefined : video.playbackRate });
        this.render();
      },
      { signal },
    );
    for (const name of ["addtrack", "removetrack", "change"]) {
      video.textTracks.addEventListener(name, () => this.render(), { signal });
    }
    addEventListener(
      "pointerdown",
      (event) => {
        if (!event.composedPath().some((target) => target === this.panel || target === this.button)) this.toggle(false);
      },
      { signal },
    );
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggle(false);
      this.button.focus();
    });
    this.render();
  }

  get open(): boolean {
    return !this.panel.hidden;
  }

  toggle(open = !this.open): void {
    if (open === this.open) return;
    if (open) this.render();
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.#quality.focus({ preventScroll: true });
  }

  render(): void {
    const { engine, video, captions } = this.#parts;
    const { choices } = engine.state;
    fill(this.#quality, qualityOptions(choices.qualities, choices.playing), chosenValue(choices));
    const rates = [...new Set([...RATES, video.playbackRate])].sort((left, right) => left - right);
    const speeds = rates.map((rate) => ({
      value: String(rate),
      text: rate === 1 ? t("player.speedNormal") : `${rate}×`,
    }));
    fill(this.#speed, speeds, String(video.playbackRate));
    const languages = captions.list.map(({ id, label }) => ({ value: id, text: label }));
    fill(
      this.#captions,
      languages.length === 0 ? [] : [{ value: OFF, text: t("player.captionsOff") }, ...languages],
      captions.chosen ?? OFF,
    );
    const sounds = audioTracks(engine.hls).map(({ id, label }) => ({ value: id, text: label }));
    fill(this.#sound, sounds.length > 1 ? sounds : [], String(engine.hls?.audioTrack ?? 0));
  }

  #row(label: string, change: (value: string) => void): HTMLSelectElement {
    const select = make("select", { "aria-label": label });
    select.addEventListener("change", () => change(select.value));
    this.panel.append(make("label", { class: "vs-menu-row" }, make("span", {}, label), select));
    return select;
  }
}

/** Puts the options into a list, unless they are there already: an open list must not be built anew. */
function fill(select: HTMLSelectElement, options: Option[], value: string): void {
  const row = select.parentElement;
  if (row) row.hidden = options.length === 0;
  const wanted = JSON.stringify(options);
  if (select.dataset.options !== wanted) {
    select.dataset.options = wanted;
    select.replaceChildren(...options.map((option) => make("option", { value: option.value }, option.text)));
  }
  if (select.value !== value) select.value = value;
}

function chosenValue({ qualities, chosenLines }: PlayerEngine["state"]["choices"]): string {
  if (chosenLines === undefined) return AUTO;
  return String(qualities.findLast(({ lines }) => lines <= chosenLines)?.lines ?? qualities[0]?.lines ?? AUTO);
}

function qualityOptions(qualities: readonly Quality[], playing: Quality | undefined): Option[] {
  if (qualities.length === 0) return [];
  const automatic = playing === undefined ? t("player.auto") : t("player.autoNow", { quality: `${playing.lines}p` });
  // Two of one height are a bridge and its successor; people choose the height.
  const heights = new Map(qualities.map((quality) => [quality.lines, quality]));
  const fixed = [...heights.values()].reverse().map(({ lines, width, height }) => ({
    value: String(lines),
    text: `${lines}p (${width} × ${height})`,
  }));
  return [{ value: AUTO, text: automatic }, ...fixed];
}

const AUTO = "auto";
const OFF = "off";
const GEAR =
  "M10.2 2h3.6l.5 2.7 1.9 1.1 2.6-.9 1.8 3.1-2.1 1.8v2.4l2.1 1.8-1.8 3.1-2.6-.9-1.9 1.1-.5 2.7h-3.6l-.5-2.7-1.9-1.1-2.6.9L3.4 14l2.1-1.8V9.8L3.4 8l1.8-3.1 2.6.9 1.9-1.1zM12 8a3 3 0 1 0 0 6 3 3 0 0 0 0-6z";
