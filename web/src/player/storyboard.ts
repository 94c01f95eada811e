import { make } from "./dom";

/** The pictures over the bar; media-chrome finds them by the track's label. */
export class Storyboard {
  #video: HTMLVideoElement;
  #track: HTMLTrackElement | undefined;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  /** `url` is WebVTT whose cues name pictures with `#xywh=`. */
  show(url: string | undefined): void {
    // A storyboard under another grant is the same storyboard.
    if (!url || this.#track !== undefined) return;
    this.#track = make("track", { kind: "metadata", label: "thumbnails", default: "", src: url });
    this.#video.append(this.#track);
  }
}
