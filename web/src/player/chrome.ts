import "media-chrome";
import { formatSpan } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { make, setText } from "./dom";
import { awaitsEncode, frontierShare, type PlayerState } from "./state";

export interface ChromeParts {
  video: HTMLVideoElement;
  /** A broadcast that is on. */
  live?: boolean;
  /** Absent is true. */
  controls?: boolean;
  posterUrl?: string;
  captions: HTMLElement;
  settings: HTMLElement;
  theater?: HTMLElement;
  /** Short words over the picture. */
  note: HTMLElement;
  /** What lies over picture and bar. */
  overlays: readonly HTMLElement[];
  retry(): void;
}

/** What stands around and over the picture: media-chrome elements, styled only by our tokens. */
export class Chrome {
  readonly controller = make("media-controller", {
    class: "vs-player",
    nohotkeys: "",
    role: "region",
    "aria-label": t("player.label"),
  });
  readonly failure: HTMLElement;
  #notice = make("p", { class: "vs-notice", role: "status" });
  #failureText = make("p");
  #live: boolean;
  /** Hides by itself while playing. */
  #hiding: readonly HTMLElement[];

  constructor(parts: ChromeParts) {
    this.#live = parts.live === true;
    const retry = make("button", { type: "button", class: "vs-pill" }, t("action.tryAgain"));
    retry.addEventListener("click", () => parts.retry());
    this.failure = make("div", { class: "vs-failure", role: "alert" }, this.#failureText, retry);
    this.failure.hidden = true;
    this.#hiding = parts.controls === false ? [] : [shade(), range(), bar(parts)];
    const centre = make("div", { slot: "centered-chrome", class: "vs-centre" });
    centre.append(make("media-play-button", { class: "vs-big-play", notooltip: "" }));
    const middle = make("div", { slot: "centered-chrome", class: "vs-wait", noautohide: "" });
    middle.append(make("media-loading-indicator", { noautohide: "" }), this.#notice, parts.note);
    this.controller.append(parts.video, centre, middle, ...this.#hiding, ...parts.overlays);
    if (parts.posterUrl) this.controller.style.setProperty("--vs-poster", `url(${JSON.stringify(parts.posterUrl)})`);
  }

  /** `wait`: seconds until the wished place is encoded; `open`: a panel is open. */
  show(state: PlayerState, { wait, open }: { wait: number | undefined; open: boolean }): void {
    const { controller, failure } = this;
    const waiting = awaitsEncode(state);
    controller.toggleAttribute("data-awaits-encode", waiting);
    controller.toggleAttribute("data-blocked", state.blocked);
    controller.toggleAttribute("data-growing", state.phase === "ready" && !state.complete && !this.#live);
    controller.style.setProperty("--vs-frontier", `${(frontierShare(state) * 100).toFixed(2)}%`);
    // Whoever waits wants to see how far the encode is, and to go back.
    for (const element of this.#hiding) element.toggleAttribute("noautohide", waiting || open);
    const estimate = wait === undefined ? "" : formatSpan(wait);
    const preparing = estimate === "" ? t("player.stillPreparing") : t("player.stillPreparingFor", { time: estimate });
    setText(this.#notice, waiting ? (this.#live ? t("player.liveWaiting") : preparing) : "");
    const failed = state.phase === "failed";
    if (failure.hidden === failed) {
      failure.hidden = !failed;
      controller.inert = failed;
    }
    setText(this.#failureText, state.problem ? t(`player.problem.${state.problem.kind}`) : "");
  }

  remove(): void {
    this.controller.remove();
    this.failure.remove();
  }
}

function shade(): HTMLElement {
  return make("div", { class: "vs-shade", "aria-hidden": "true" });
}

function range(): HTMLElement {
  const bar = make("media-time-range", { class: "vs-range" });
  requestAnimationFrame(() => {
    // The slider says the time; its picture has nothing to add for who hears the page.
    const thumbnail = bar.shadowRoot?.querySelector("media-preview-thumbnail");
    thumbnail?.shadowRoot?.querySelector("img")?.setAttribute("alt", "");
  });
  return make("div", { class: "vs-range-box" }, bar, make("div", { class: "vs-unmade", "aria-hidden": "true" }));
}

function bar({ captions, settings, theater }: ChromeParts): HTMLElement {
  return make(
    "media-control-bar",
    { class: "vs-bar" },
    make("media-play-button"),
    make("media-mute-button"),
    make("media-volume-range"),
    make("media-time-display", { showduration: "", notoggle: "" }),
    make("span", { class: "vs-space" }),
    captions,
    settings,
    make("media-pip-button"),
    ...(theater ? [theater] : []),
    make("media-fullscreen-button"),
  );
}
