import { t } from "@/shared/i18n/t";
import { icon, make } from "./dom";
import { readPreferences, savePreferences } from "./preferences";

/** The button that widens the player, where the page can. */
export class Theater {
  readonly button = make("button", {
    type: "button",
    class: "vs-button vs-theater",
    title: t("player.theater"),
    "aria-label": t("player.theater"),
    "aria-pressed": "false",
  });
  #on = false;
  #widen: ((on: boolean) => void) | undefined;

  constructor(widen: ((on: boolean) => void) | undefined) {
    this.#widen = widen;
    this.button.append(icon(WIDE));
    this.button.addEventListener("click", () => this.toggle());
    if (readPreferences().theater === true) this.toggle();
  }

  toggle(): void {
    if (this.#widen === undefined) return;
    this.#on = !this.#on;
    this.button.setAttribute("aria-pressed", String(this.#on));
    savePreferences({ theater: this.#on || undefined });
    this.#widen(this.#on);
  }
}

const WIDE = "M3 6h18v12H3zm2 2v8h14V8z";
