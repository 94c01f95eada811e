/**
 * The player alone, for a frame on another site: no app around it, no session, no cookies. Until somebody wants to play
 * there is only a picture; the engine is fetched then.
 */
import type { Video } from "@/api/types";
import { formatClock } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { shareOf } from "@/shared/share/player-share";
import { element, icon } from "./element";
import { parseParameters } from "./parameters";
import { askFor } from "./video";
import "./embed.css";

const ASK_AGAIN_MS = 2000;
const parameters = parseParameters(location.search);
const id = /^\/embed\/([^/]+)/.exec(location.pathname)?.[1] ?? "";
const root = document.getElementById("embed");

function show(...content: Node[]): void {
  root?.replaceChildren(...content);
  root?.removeAttribute("aria-busy");
}

async function start(): Promise<void> {
  const answer = await askFor(id);
  if (answer.kind === "gone") return show(card(t("notFound.video"), t("embed.goneText"), watchLink(t("embed.open"))));
  if (answer.kind === "unreachable") return show(card(t("error.title"), t("error.network"), again(start)));
  const { video } = answer;
  document.title = video.title;
  if (video.state === "failed") return show(card(t("watch.failed"), video.title, watchLink(t("embed.open"))));
  if (!video.playable) {
    const uploading = video.state === "uploading";
    const live = video.origin === "live";
    show(card(video.title, t(live ? "watch.waiting" : uploading ? "watch.uploading" : "watch.processing")));
    setTimeout(() => void start(), ASK_AGAIN_MS);
    return;
  }
  if (parameters.autoplay) await play(video);
  else show(facade(video));
}

/** Poster, title and a button: all there is until somebody plays. */
function facade(video: Video): HTMLElement {
  const poster = video.playback.poster_url;
  const button = element("button", {
    type: "button",
    class: "embed-play",
    "aria-label": t("embed.play", { title: video.title }),
  });
  button.append(icon("M8 5v14l11-7z"));
  const face = element("div", { class: "embed-face" });
  // The whole picture is a button for a mouse; the keyboard and the screen reader have the button itself.
  face.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("a") === null) void play(video);
  });
  if (poster) face.append(element("img", { src: poster, alt: "", class: "embed-poster" }));
  face.append(button, heading(video));
  if (video.duration_seconds) {
    const length = element("span", { class: "embed-length" });
    length.textContent = formatClock(video.duration_seconds);
    face.append(length);
  }
  return face;
}

async function play(video: Video): Promise<void> {
  const host = element("div", { class: "embed-player" });
  try {
    const { createPlayer } = await import("@/player/view");
    show(host);
    createPlayer(host, {
      url: video.playback.hls_url,
      freshUrl: async () => {
        const answer = await askFor(id);
        return answer.kind === "video" ? answer.video.playback.hls_url : video.playback.hls_url;
      },
      posterUrl: video.playback.poster_url ?? undefined,
      title: video.title,
      storyboardUrl: video.playback.storyboard_url ?? undefined,
      captions: video.playback.captions,
      live: video.state === "live" || video.state === "interrupted",
      rungs: video.rungs,
      startAt: parameters.start,
      endAt: parameters.end,
      loop: parameters.loop,
      duration: video.duration_seconds ?? undefined,
      muted: parameters.muted,
      controls: parameters.controls,
      share: shareOf(video),
    });
    if (!parameters.controls) return;
    const title = heading(video);
    title.slot = "top-chrome";
    host.querySelector("media-controller")?.append(title);
    // The button that had the focus is gone; whoever used the keyboard goes on here.
    if (!parameters.autoplay) host.querySelector<HTMLElement>(".vs-bar media-play-button")?.focus();
  } catch {
    show(
      card(
        t("error.title"),
        t("error.network"),
        again(() => play(video)),
      ),
    );
  }
}

function heading(video: Video): HTMLElement {
  const title = element("h1", { class: "embed-title" });
  title.append(watchLink(video.title));
  return title;
}

/** Leads to the watch page, in a tab of its own: inside the frame it may not be shown. */
function watchLink(text: string): HTMLElement {
  const link = element("a", { href: `/w/${id}`, target: "_blank", rel: "noopener", title: t("embed.open") });
  link.textContent = text;
  return link;
}

function again(what: () => Promise<void>): HTMLElement {
  const button = element("button", { type: "button" });
  button.textContent = t("action.tryAgain");
  button.addEventListener("click", () => void what());
  return button;
}

function card(title: string, text: string, ...actions: Node[]): HTMLElement {
  const box = element("div", { class: "embed-card" });
  const name = element("h1");
  name.textContent = title;
  const line = element("p", { role: "status" });
  line.textContent = text;
  box.append(name, line, ...actions);
  return box;
}

void start();
