import type Hls from "hls.js";
import { Events, type Fragment } from "hls.js";
import { loadedUntil } from "./buffered";

/**
 * Seeks to where the playhead is when the pictures there were taken away or replaced, as when somebody seeks while a better
 * rung joins. A browser that is decoding such a group of pictures goes on at the next keyframe only (Media Source Extensions,
 * "coded frame removal"): the sound would play over a picture that stands, in a short video to its end.
 */
export function redecodeReplaced(hls: Hls, video: HTMLVideoElement): void {
  let replacing: Fragment | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;
  const again = () => {
    const { currentTime } = video;
    video.currentTime = currentTime;
  };
  const within = (start: number, end: number) => start < video.currentTime && video.currentTime < end;
  hls.on(Events.BUFFER_FLUSHED, (_event, { type, start, end }) => {
    if (type !== "audio" && within(start, end)) again();
  });
  hls.on(Events.BUFFER_APPENDING, (_event, { type, frag }) => {
    if (type !== "audio" && within(frag.start, frag.end) && loadedUntil(video) !== undefined) replacing = frag;
  });
  hls.on(Events.FRAG_BUFFERED, (_event, { frag }) => {
    if (frag !== replacing) return;
    replacing = undefined;
    // The seek itself may make hls.js load the same once more.
    if (performance.now() - lastAt < ONCE_PER_MS) return;
    lastAt = performance.now();
    again();
  });
}

const ONCE_PER_MS = 1000;
