import { formatClock } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { make } from "./dom";

/** A video to watch next. */
export interface Suggestion {
  title: string;
  href: string;
  posterUrl?: string;
  /** Seconds. */
  duration?: number;
}

export interface EndCardOptions {
  replay(): void;
  suggestions?: () => Promise<readonly Suggestion[]>;
  /** Goes to a suggestion within the app; without it the browser follows the link. */
  open?: (href: string) => void;
}

/** What stands over the last picture: once more, and what else there is. */
export class EndCard {
  readonly element = make("div", { class: "vs-end", role: "group", "aria-label": t("player.ended"), noautohide: "" });
  #options: EndCardOptions;
  #list = make("ul");
  #asked = false;

  constructor(options: EndCardOptions) {
    this.#options = options;
    const replay = make("button", { type: "button", class: "vs-pill" }, t("player.replay"));
    replay.addEventListener("click", () => options.replay());
    this.element.append(replay, this.#list);
    this.element.hidden = true;
  }

  show(ended: boolean): void {
    if (this.element.hidden === !ended) return;
    this.element.hidden = !ended;
    if (ended && !this.#asked) void this.#suggest();
  }

  async #suggest(): Promise<void> {
    this.#asked = true;
    try {
      const found = (await this.#options.suggestions?.()) ?? [];
      this.#list.replaceChildren(...found.slice(0, MOST).map((suggestion) => this.#item(suggestion)));
    } catch {
      // Without suggestions there is still the replay.
    }
  }

  #item({ title, href, posterUrl, duration }: Suggestion): HTMLLIElement {
    const link = make("a", { href });
    const picture = make("span", { class: "vs-end-picture" });
    if (posterUrl) picture.append(make("img", { src: posterUrl, alt: "" }));
    if (duration) picture.append(make("span", {}, formatClock(duration)));
    link.append(picture, make("span", { class: "vs-end-title" }, title));
    link.addEventListener("click", (event) => {
      if (!this.#options.open || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      this.#options.open(href);
    });
    return make("li", {}, link);
  }
}

const MOST = 3;
