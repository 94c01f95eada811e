import type Hls from "hls.js";
import { Events } from "hls.js";

/**
 * Seeks to where the playhead is when the pictures there were taken away or replaced, as when somebody seeks while a better
 * rung joins. A browser that is decoding such a group of pictures goes on at the next keyframe only (Media Source Extensions,
 * "coded frame removal"): the sound would play over a picture that stands, in a short video to its end.
 */
export function redecodeReplaced(hls: Hls, video: HTMLVideoElement): void {
  const within = (start: number, end: number) => start < video.currentTime && video.currentTime < end;
  const again = () => {
    const { currentTime } = video;
    video.currentTime = currentTime;
  };
  hls.on(Events.BUFFER_FLUSHED, (_event, { type, start, end }) => {
    if (type !== "audio" && within(start, end)) again();
  });
  hls.on(Events.FRAG_BUFFERED, (_event, { frag }) => {
    // A seek that is still under way decodes from the keyframe anyway.
    if (frag.type === "main" && !video.seeking && within(frag.start, frag.end)) again();
  });
}
