// The kit measures the product, so it is measured first: on files that Chromium plays by itself, without the product.
import assert from "node:assert/strict";
import test from "node:test";
import { encode } from "./barcode.mjs";
import { serveClip } from "./file-server.mjs";
import { AAC, CLICK_AT, clip, H264, OPUS, shortMp4, TRAILER, VP9 } from "./fixtures.mjs";
import { openBrowser, watchForProblems } from "./kit.mjs";
import "./page-tools.js";
import { audioLevel, movement, offsetOfClicks, play, sampleFrames, seek, soundOffset, stateOf } from "./player.mjs";

const { decode } = globalThis.e2e;

test("kit: a barcode reads back as its value", () => {
  for (const value of [0, 1, 2, 1000, 12_345, 3_599_999, 2 ** 28 - 1]) {
    assert.equal(decode(encode(value).map((white) => (white ? 230 : 20))), value);
  }
});

test("kit: a barcode with a wrong cell, or none, reads as nothing", () => {
  const cells = encode(12_345).map((white) => (white ? 230 : 20));
  for (let cell = 0; cell < cells.length; cell += 1) {
    const wrong = cells.with(cell, 250 - cells[cell]);
    assert.equal(decode(wrong), null, `cell ${cell}`);
  }
  assert.equal(decode(Array(34).fill(0)), null);
  assert.equal(decode(Array(34).fill(255)), null);
});

test("kit: the sound's offset is the median over the clicks", () => {
  // Played from 1000 ms of the page's clock; the picture 7 ms late in two frames of five, which the median ignores.
  const frames = [0, 33, 67, 100, 133].map((barcode, index) => ({
    barcode,
    shown: 1000 + barcode + (index > 2 ? 7 : 0),
  }));
  assert.equal(offsetOfClicks(frames, [1515, 2516, 3517], 0.5), 16);
  assert.equal(offsetOfClicks(frames, [1490, 2490, 3492], 0.5), -10);
  assert.equal(offsetOfClicks(frames, [], 0.5), null);
});

/** Opens a clip in a page that has nothing but a video element. */
async function withClip(path, body) {
  const server = await serveClip(path);
  const browser = await openBrowser();
  try {
    const page = await (await browser.newContext()).newPage();
    const problems = watchForProblems(page);
    await page.goto(server.url);
    await body(page);
    assert.deepEqual(
      problems.filter((problem) => !problem.includes("favicon")),
      [],
    );
  } finally {
    await browser.close();
    await server.close();
  }
}

const clips = {
  "H.264 with B-frames and AAC in MP4": shortMp4,
  "VP9 and Opus in WebM": () => clip("short.webm", { seconds: 8, video: VP9, audio: OPUS }),
};

for (const [kind, make] of Object.entries(clips)) {
  test(`kit: in ${kind} every frame tells its own time`, { timeout: 60_000 }, async () => {
    await withClip(await make(), async (page) => {
      await play(page);
      const frames = await sampleFrames(page, 4000);
      assert.ok(frames.length > 80, `${frames.length} frames`);
      assert.deepEqual(
        frames.filter((frame) => frame.barcode === null),
        [],
        "unreadable frames",
      );
      const drifts = frames.map((frame) => frame.barcode - frame.mediaTime * 1000);
      // A WebM with Opus begins 7 ms late: that much is the codec's pre-skip, which Matroska cannot write as a negative time.
      assert.ok(Math.abs(drifts[0]) < 10, `${drifts[0]} ms`);
      assert.ok(
        Math.max(...drifts) - Math.min(...drifts) < 2,
        `from ${Math.min(...drifts)} to ${Math.max(...drifts)} ms`,
      );
    });
  });
}

test("kit: late sound is measured to a few milliseconds", { timeout: 120_000 }, async () => {
  const late = await clip("late.mp4", { seconds: 8, video: H264, audio: [...AAC, "-af", "adelay=80:all=1"] });
  const offsets = [];
  for (const path of [await shortMp4(), late]) {
    await withClip(path, async (page) => {
      offsets.push((await soundOffset(page, { clickAt: CLICK_AT })).offset);
    });
  }
  const [inStep, delayed] = offsets;
  assert.ok(Math.abs(delayed - inStep - 80) < 12, `80 ms were measured as ${delayed - inStep}`);
});

test("kit: a real clip moves and sounds, and a seek shows the frame there", { timeout: 60_000 }, async () => {
  await withClip(TRAILER.path, async (page) => {
    await play(page);
    await seek(page, 5);
    const frames = await sampleFrames(page, 2000);
    assert.ok(movement(frames) > 20, `${movement(frames)} different pictures of ${frames.length}`);
    assert.ok(frames.at(-1).presentedFrames > frames[0].presentedFrames);
    assert.equal(frames.filter((frame) => frame.barcode !== null).length, 0, "a real picture has no barcode");
    assert.ok((await audioLevel(page)) > 0.01);
    assert.equal((await stateOf(page)).error, null);
  });
});

test("kit: a silent clip has no level, and a barcode is exact after a seek", { timeout: 60_000 }, async () => {
  const silent = await clip("silent.mp4", {
    seconds: 8,
    size: "426x240",
    video: [...H264, "-b:v", "300k"],
    audio: null,
  });
  await withClip(silent, async (page) => {
    await play(page);
    assert.equal(await audioLevel(page, 500), 0);
    await page.locator("video").evaluate((video) => video.pause());
    await seek(page, 5.01);
    const value = await page.locator("video").evaluate((video) => globalThis.e2e.readBarcode(video));
    assert.equal(value, 5000);
  });
});
