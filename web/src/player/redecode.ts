import type Hls from "hls.js";
import type { Fragment } from "hls.js";
import { Events } from "hls.js";

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
  hls.on(Events.BUFFER_FLUSHED, (_event, { type, start, end }) => {
    if (type !== "audio" && start < video.currentTime && video.currentTime < end) again();
  });
  hls.on(Events.BUFFER_APPENDING, (_event, { type, frag }) => {
    if (type !== "audio" && frag.start < video.currentTime && video.currentTime < frag.end && holds(video))
      replacing = frag;
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

/** Whether there were pictures at the playhead already. */
function holds({ buffered, currentTime }: HTMLVideoElement): boolean {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime && currentTime < buffered.end(index)) return true;
  }
  return false;
}

const ONCE_PER_MS = 1000;
