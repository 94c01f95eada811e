import { t } from "@/shared/i18n/t";
import { icon, make } from "./dom";
import { savePreferences } from "./preferences";
import type { Captions } from "./tracks";

/** Switches captions off and on again, in the language that was shown last; there is none where there are no captions. */
export class CaptionsButton {
  readonly element = make("button", {
    type: "button",
    class: "vs-button vs-captions",
    title: t("player.captions"),
    "aria-label": t("player.captions"),
  });
  #captions: Captions;
  #last: string | undefined;

  constructor(captions: Captions, tracks: TextTrackList, signal: AbortSignal) {
    this.#captions = captions;
    this.element.append(icon(FRAME_WITH_LINES));
    this.element.addEventListener("click", () => this.toggle());
    for (const name of ["addtrack", "removetrack", "change"]) {
      tracks.addEventListener(name, () => this.render(), { signal });
    }
    this.render();
  }

  toggle(): void {
    const { list, chosen } = this.#captions;
    const next = chosen === undefined ? (list.find(({ lang }) => lang === this.#last) ?? list[0]) : undefined;
    this.#captions.choose(next?.id);
    savePreferences({ captions: next?.lang });
  }

  render(): void {
    const { list, chosen } = this.#captions;
    const shown = list.find(({ id }) => id === chosen);
    this.#last = shown?.lang ?? this.#last;
    this.element.hidden = list.length === 0;
    this.element.setAttribute("aria-pressed", String(shown !== undefined));
  }
}

const FRAME_WITH_LINES = "M3 5h18v14H3zm2 2v10h14V7zm2 3h4v1.8H7zm6 0h4v1.8h-4zm-6 3.4h6v1.8H7zm8 0h2v1.8h-2z";
