import { t } from "@/shared/i18n/t";
import { make } from "./dom";

/** One line of the menu; one with `checked` is a switch. */
export interface ContextItem {
  label: string;
  checked?: () => boolean;
  run(): void;
}

/**
 * The small menu of a right click, of the menu key and of a long press (https://www.w3.org/WAI/ARIA/apg/patterns/menubar/).
 * A second right click brings the browser's own.
 */
export class ContextMenu {
  readonly element = make("div", {
    class: "vs-panel vs-context",
    role: "menu",
    "aria-label": t("player.menu"),
    noautohide: "",
  });
  #host: HTMLElement;
  #lines: { button: HTMLButtonElement; item: ContextItem }[];
  #before: Element | null = null;

  constructor(host: HTMLElement, items: readonly ContextItem[], signal: AbortSignal) {
    this.#host = host;
    this.element.hidden = true;
    this.#lines = items.map((item) => ({ item, button: this.#line(item) }));
    this.element.append(...this.#lines.map(({ button }) => button));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    host.addEventListener("contextmenu", (event) => this.#asked(event), { signal });
    const outside = (event: Event) => {
      if (!event.composedPath().includes(this.element)) this.close();
    };
    addEventListener("pointerdown", outside, { signal });
    addEventListener("resize", () => this.close(), { signal });
    document.addEventListener("focusin", outside, { signal });
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  close(): void {
    this.element.hidden = true;
    this.#before = null;
  }

  #line(item: ContextItem): HTMLButtonElement {
    const role = item.checked ? "menuitemcheckbox" : "menuitem";
    const button = make("button", { type: "button", class: "vs-menu-action", role, tabindex: "-1" }, item.label);
    button.addEventListener("click", () => {
      this.#leave();
      item.run();
    });
    return button;
  }

  #asked(event: MouseEvent): void {
    const { target } = event;
    // Text that can be selected and links have the browser's menu.
    if (this.open || (target instanceof Element && target.closest("a, .vs-panel") !== null)) {
      this.close();
      return;
    }
    event.preventDefault();
    for (const { button, item } of this.#lines) {
      if (item.checked) button.setAttribute("aria-checked", String(item.checked()));
    }
    this.#before = document.activeElement;
    this.element.hidden = false;
    this.#place(event);
    this.#focus(0);
  }

  /** At the pointer, moved so that all of it is inside the player. */
  #place({ clientX, clientY }: MouseEvent): void {
    const { left, top, width, height } = this.#host.getBoundingClientRect();
    const { offsetWidth, offsetHeight, style } = this.element;
    const within = (at: number, most: number) => `${Math.max(EDGE, Math.min(at, most - EDGE))}px`;
    style.left = within(clientX - left, width - offsetWidth);
    style.top = within(clientY - top, height - offsetHeight);
  }

  #key(event: KeyboardEvent): void {
    // A key that the menu has is not a key of the player.
    event.stopPropagation();
    const last = this.#lines.length - 1;
    const at = this.#lines.findIndex(({ button }) => button === document.activeElement);
    switch (event.key) {
      case "ArrowDown":
        this.#focus(at === last ? 0 : at + 1);
        break;
      case "ArrowUp":
        this.#focus(at <= 0 ? last : at - 1);
        break;
      case "Home":
        this.#focus(0);
        break;
      case "End":
        this.#focus(last);
        break;
      case "Escape":
      case "Tab":
        this.#leave();
        break;
      default:
        this.#first(event.key, at);
        return;
    }
    event.preventDefault();
  }

  /** The next line that begins with a letter. */
  #first(letter: string, at: number): void {
    if (letter.length !== 1 || letter === " ") return;
    const { length } = this.#lines;
    const turned = this.#lines.map((_, step) => (at + 1 + step) % length);
    const found = turned.find((index) => this.#lines[index]?.item.label.toLowerCase().startsWith(letter.toLowerCase()));
    if (found !== undefined) this.#focus(found);
  }

  #focus(index: number): void {
    this.#lines[index]?.button.focus({ preventScroll: true });
  }

  /** Closes it and gives the focus back to where it was. */
  #leave(): void {
    const before = this.#before;
    this.close();
    if (before instanceof HTMLElement && before !== document.body) before.focus({ preventScroll: true });
  }
}

/** Pixels between the menu and the player's edge. */
const EDGE = 6;
