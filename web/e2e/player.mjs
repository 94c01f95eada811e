// Questions to the video of a page. All of them ask what was decoded and presented, not what a button says.
import { until } from "./kit.mjs";

/** The page's video element; the player may keep it in a shadow root, which Playwright's selectors look into. */
export function videoOf(page) {
  return page.locator("video").first();
}

/** Everything the element says of itself. */
export function stateOf(page) {
  return videoOf(page).evaluate((video) => ({
    currentTime: video.currentTime,
    duration: video.duration,
    paused: video.paused,
    ended: video.ended,
    readyState: video.readyState,
    muted: video.muted,
    volume: video.volume,
    error: video.error === null ? null : `${video.error.code} ${video.error.message}`,
    seekableEnd: video.seekable.length === 0 ? 0 : video.seekable.end(video.seekable.length - 1),
    presented: video.getVideoPlaybackQuality().totalVideoFrames,
    dropped: video.getVideoPlaybackQuality().droppedVideoFrames,
    width: video.videoWidth,
    height: video.videoHeight,
  }));
}

/** Starts it if it does not play by itself, and waits for the first decoded frames. */
export async function play(page, { timeout } = {}) {
  const video = videoOf(page);
  await video.waitFor({ state: "attached", timeout });
  await until("a decoded picture", async () => ((await stateOf(page)).readyState >= 2 ? true : null), { timeout });
  await video.evaluate(async (element) => {
    element.muted = false;
    if (element.paused) await element.play();
  });
  await until("playing", async () => {
    const { currentTime, paused, ended } = await stateOf(page);
    return !paused && (ended || currentTime > 0);
  });
}

/** The frames presented during `duration` milliseconds, with their media time, barcode and average colour. */
export function sampleFrames(page, duration) {
  return videoOf(page).evaluate((video, milliseconds) => globalThis.e2e.frames(video, milliseconds), duration);
}

/** The loudest sample played during `duration` milliseconds; 0 is silence. */
export function audioLevel(page, duration = 1500) {
  return videoOf(page).evaluate((video, milliseconds) => globalThis.e2e.loudness(video, milliseconds), duration);
}

/** How many different pictures there are: frames whose average colour or barcode differs from the one before. */
export function movement(frames) {
  return frames.filter((frame, index) => {
    const before = frames[index - 1];
    if (before === undefined) return false;
    return (
      frame.barcode !== before.barcode ||
      frame.variation !== before.variation ||
      String(frame.colour) !== String(before.colour)
    );
  }).length;
}

/** Goes to a time as a script would, and waits for the picture there. */
export async function seek(page, seconds) {
  await videoOf(page).evaluate((video, time) => globalThis.e2e.seek(video, time), seconds);
}

/** The element's own error and the page's stall must both be absent. */
export async function progress(page, seconds, { timeout } = {}) {
  const { currentTime: from } = await stateOf(page);
  await until(
    `${seconds} s of playing from ${from.toFixed(1)} s`,
    async () => {
      const { currentTime, error, ended } = await stateOf(page);
      if (error !== null) throw new Error(`the video failed: ${error}`);
      return ended || currentTime - from >= seconds;
    },
    { timeout },
  );
}

/**
 * How far the sound is behind the picture, in milliseconds, for a clip with clicks (fixtures.mjs): the picture's time at the
 * moment of a click, against the time that the click has in the clip. Only differences between two players mean something:
 * the kit itself adds a constant. Chromium sets picture against sound anew, within one audio buffer (21 ms), whenever
 * playing starts; so the answer is the mean over as many starts as it takes to know it within `precision` (its standard error).
 */
export async function soundOffset(page, { clickAt, from = 0, precision = 2.5, atLeast = 6, atMost = 30 }) {
  const offsets = [];
  const frames = [];
  for (let round = 0; round < atMost; round += 1) {
    await videoOf(page).evaluate((video) => video.pause());
    // From the middle between two clicks, a little elsewhere each time, until one click has been heard.
    await seek(page, from + (round % 3) + ((clickAt + 0.55 + (round % 12) * 0.013) % 1));
    await play(page);
    const heard = await videoOf(page).evaluate((video) => globalThis.e2e.framesAndClicks(video, 2000));
    const offset = offsetOfClicks(heard.frames, heard.clicks, clickAt);
    if (offset !== null) offsets.push(offset);
    frames.push(...heard.frames);
    if (offsets.length >= atLeast && standardError(steady(offsets)) <= precision) break;
  }
  return { offset: mean(steady(offsets)), error: standardError(steady(offsets)), offsets, frames };
}

/** Three of Chromium's audio buffers, in milliseconds. */
const STALL = 64;

/** Without the starts in which the machine stood still around the click; those are few, or all of them count. */
function steady(offsets) {
  const middle = offsets.toSorted((one, other) => one - other)[Math.floor(offsets.length / 2)];
  const near = offsets.filter((offset) => Math.abs(offset - middle) <= STALL);
  return near.length >= offsets.length * 0.8 ? near : offsets;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** How far the mean of these is from the mean of endlessly many, typically. */
function standardError(values) {
  if (values.length < 2) return Number.POSITIVE_INFINITY;
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

/** The arithmetic of `soundOffset`: media time runs with the page's clock, shifted by the median over all frames. */
export function offsetOfClicks(frames, clicks, clickAt) {
  const median = (values) => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
  // The barcode and not `mediaTime`: what is asked is which picture was on the screen.
  const read = frames.filter((frame) => frame.barcode !== null);
  if (read.length === 0 || clicks.length === 0) return null;
  const shift = median(read.map((frame) => frame.barcode - frame.shown));
  const behind = clicks.map((click) => {
    const late = (click + shift - clickAt * 1000) % 1000;
    return late > 500 ? late - 1000 : late < -500 ? late + 1000 : late;
  });
  return median(behind);
}
