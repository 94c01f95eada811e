import type { Parameters } from "./parameters";

/** Keeps the element between start and end: stops there, or begins again. Where a person goes beyond the end, it plays on. */
export function keepBounds(
  video: HTMLVideoElement,
  { start, end, loop }: Parameters,
  seek: (seconds: number) => void,
): void {
  let inside = false;
  const turn = () => {
    if (loop) {
      seek(start);
      void video.play().catch(() => undefined);
    } else {
      video.pause();
    }
  };
  if (end !== undefined) {
    // Asked with every frame where the browser can: `timeupdate` comes up to a quarter of a second late.
    const check = () => {
      const at = video.currentTime;
      const passed = inside && at >= end && !video.seeking;
      inside = at < end;
      if (passed && !video.paused) turn();
    };
    video.addEventListener("timeupdate", check);
    if ("requestVideoFrameCallback" in video) {
      const each = () => {
        check();
        video.requestVideoFrameCallback(each);
      };
      video.requestVideoFrameCallback(each);
    }
  }
  if (loop) video.addEventListener("ended", turn);
}
