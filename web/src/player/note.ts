import { make, setText } from "./dom";

/** A short word over the picture that goes away by itself. */
export class Note {
  readonly element = make("p", { class: "vs-notice", role: "status" });
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    clearTimeout(this.#timer);
    setText(this.element, text);
    this.#timer = setTimeout(() => setText(this.element, ""), 2500);
  }
}
