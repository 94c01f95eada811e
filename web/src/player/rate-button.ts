import { t } from "@/shared/i18n/t";

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

/** The speed, one step further with each press. Ours, because media-chrome's names itself without its visible text. */
export function rateButton(video: HTMLVideoElement, signal: AbortSignal): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "vs-rate";
  const show = () => {
    const rate = `${video.playbackRate}×`;
    button.textContent = rate;
    button.setAttribute("aria-label", t("player.speed", { rate }));
    button.title = t("player.speed", { rate });
  };
  button.addEventListener("click", () => {
    video.playbackRate = RATES.find((rate) => rate > video.playbackRate) ?? RATES[0];
  });
  video.addEventListener("ratechange", show, { signal });
  show();
  return button;
}
