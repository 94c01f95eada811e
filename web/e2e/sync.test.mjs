// Picture and sound keep the offset that they have in the source. Chromium itself plays the source beside it, so that what
// the kit and the browser add falls out of the difference.
import assert from "node:assert/strict";
import { Api } from "./api.mjs";
import { serveClip } from "./file-server.mjs";
import { AAC, CLICK_AT, clip, ffmpeg, H264, OPUS, once, shortMp4, VP9 } from "./fixtures.mjs";
import { suite } from "./kit.mjs";
import { play, sampleFrames, seek, soundOffset } from "./player.mjs";

const it = suite("sync");

/** The most that the offset may change, in milliseconds. */
const TOLERANCE = 20;
/** One frame of the clips, in milliseconds. */
const FRAME = 34;
/** The most that the measurement itself may be unsure of, in milliseconds: two of them are compared. */
const UNSURE = 4;

/** The source with its sound as FLAC: each sample stands where FFmpeg, reading the source by its edit list, finds it. */
const withFlac = (path) =>
  once("twin.mp4", async (twin) =>
    ffmpeg("-i", path, "-c:v", "copy", "-c:a", "flac", "-strict", "-2", "-f", "mp4", twin),
  );

const sources = {
  "H.264 with B-frames and AAC with priming in MP4": { make: shortMp4 },
  "VP9 and Opus in WebM": { make: () => clip("short.webm", { seconds: 8, video: VP9, audio: OPUS }) },
  "H.264 and MP3 in MP4, whose sound is 60 ms late": {
    make: () =>
      clip("late-mp3.mp4", { seconds: 8, video: H264, audio: ["-c:a", "libmp3lame", "-af", "adelay=60:all=1"] }),
    // Chromium itself plays MP3 a frame (24 ms) early after two seeks of five.
    beside: withFlac,
  },
  "H.264 and AAC in Matroska, with times in whole milliseconds": {
    make: () => clip("short.mkv", { seconds: 8, video: H264, audio: AAC }),
  },
};

for (const [kind, { make, beside = (path) => path }] of Object.entries(sources)) {
  it(
    `${kind}: the sound stays where it was`,
    async ({ page, url }) => {
      const path = await make();
      const api = await Api.register(url);
      const id = await api.upload(path, { contentType: path.endsWith(".webm") ? "video/webm" : "video/mp4" });
      await api.ready(id, { timeout: 60_000 });

      const direct = await serveClip(await beside(path));
      let expected;
      try {
        await page.goto(direct.url);
        expected = await soundOffset(page, { clickAt: CLICK_AT });
      } finally {
        await direct.close();
      }
      await page.goto(`${url}/w/${id}`);
      const got = await soundOffset(page, { clickAt: CLICK_AT });
      const change = got.offset - expected.offset;
      for (const { error, offsets } of [expected, got]) {
        assert.ok(error <= UNSURE, `${offsets.length} clicks were heard, known within ${error.toFixed(1)} ms`);
      }
      assert.ok(
        Math.abs(change) <= TOLERANCE,
        `the sound moved by ${change.toFixed(1)} ms (was ${expected.offset.toFixed(1)}, is ${got.offset.toFixed(1)})`,
      );

      const unreadable = got.frames.filter((frame) => frame.barcode === null).length;
      assert.ok(unreadable <= got.frames.length / 50, `${unreadable} of ${got.frames.length} frames are unreadable`);
      const drifts = got.frames
        .filter((frame) => frame.barcode !== null)
        .map((frame) => frame.barcode - frame.mediaTime * 1000);
      const [least, most] = [Math.min(...drifts), Math.max(...drifts)];
      assert.ok(most - least <= 3, `a frame's own time differs from its media time by ${least} to ${most} ms`);
      // A source whose first picture comes late (Matroska, WebM) may begin at it: less than a frame.
      assert.ok(Math.abs(least) <= FRAME, `every frame is shown ${least} ms from its time`);
    },
    { timeout: 180_000, problems: /favicon/ },
  );
}

it("every frame of the source is there once, in its place, and they are shown in order", async ({ page, url }) => {
  const api = await Api.register(url);
  const id = await api.upload(await shortMp4());
  await api.ready(id, { timeout: 60_000 });
  await page.goto(`${url}/w/${id}`);
  await play(page);
  const video = page.locator("video");
  await video.evaluate((element) => element.pause());
  const stepped = await video.evaluate((element) => globalThis.e2e.step(element, 30, 240));
  const wrong = stepped.flatMap((shown, index) => {
    const expected = Math.round((index * 1000) / 30);
    return shown === expected ? [] : [`${expected} ms: ${shown}`];
  });
  assert.deepEqual(wrong, []);

  await seek(page, 1);
  // Slower than real time, so that two busy cores do not drop frames.
  await video.evaluate((element) => {
    element.playbackRate = 0.5;
  });
  await play(page);
  const values = (await sampleFrames(page, 4000)).map((frame) => frame.barcode);
  const steps = values.slice(1).map((value, index) => value - values[index]);
  assert.ok(new Set(values).size > 40, `${new Set(values).size} different frames of ${values.length}`);
  assert.ok(
    !values.includes(null) && steps.every((step) => step >= 0),
    `steps of ${[...new Set(steps)].join(", ")} ms`,
  );
});
