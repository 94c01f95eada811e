// The same segments in players that are not ours: dash.js and shaka-player by the DASH manifest, hls.js and Chromium itself by
// the HLS playlists.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "./api.mjs";
import { openFirefox } from "./firefox.mjs";
import { AAC, clip, H264 } from "./fixtures.mjs";
import { suite, until } from "./kit.mjs";
import { PLAYERS, servePlayers } from "./other-players.mjs";
import { audioLevel, play, stateOf } from "./player.mjs";
import { playlistsOf, sum } from "./playlists.mjs";

const it = suite("players");

const SECONDS = 12;
const RATE = 30;
const source = () => clip("ladder.mp4", { seconds: SECONDS, size: "854x480", rate: RATE, video: H264, audio: AAC });

let pages;
let made;
test.before(async () => {
  pages = await servePlayers();
});
test.after(() => pages?.close());

/** The one video that all players are given. */
function video(url) {
  made ??= (async () => {
    const api = await Api.register(url);
    return api.ready(await api.upload(await source()), { timeout: 90_000 });
  })();
  return made;
}

for (const [name, { script, url: which, open }] of Object.entries(PLAYERS)) {
  it(
    `${name} plays with sound, and over all rungs up and down without a gap or a repeated frame`,
    async ({ page, url }) => {
      const made = await video(url);
      await page.goto(`${pages.url}/${script === undefined ? "" : `?${script}`}`);
      await page.evaluate(open, new URL(made.playback[which], url).href);
      const heights = await page.evaluate(() => globalThis.player.levels);
      if (heights.length > 0) {
        const all = made.rungs.filter(({ kind }) => kind === "video").map(({ height }) => height);
        assert.deepEqual(
          heights,
          all.sort((one, other) => one - other),
        );
        assert.ok(heights.length > 1, "there is something to switch between");
        await page.evaluate(() => globalThis.player.choose(0));
      }
      await play(page);
      const loudest = await audioLevel(page, 1200);
      assert.ok(loudest > 0.1, `the loudest sample was ${loudest}`);
      const shown = await switchAllTheWay(page, heights);

      // The buffer is a patchwork of the rungs now: on both sides of every seam each frame is there once, at its time.
      const seams = await seamsOf(url, made);
      const frames = seams.flatMap((seam) => {
        const first = Math.round(seam * RATE);
        return [-2, -1, 0, 1].map((step) => first + step);
      });
      assert.deepEqual(await wrongFrames(page, frames), []);
      if (heights.length > 0)
        assert.deepEqual(
          [...shown].sort((one, other) => one - other),
          heights,
        );
      assert.deepEqual(await page.evaluate(() => globalThis.player.errors), []);
    },
    { timeout: 120_000, problems: /favicon/ },
  );
}

/** Plays almost to the end at double speed and asks for another rung all the time; the answer is the heights that were shown. */
async function switchAllTheWay(page, heights) {
  const video = page.locator("video");
  await video.evaluate((element) => {
    element.playbackRate = 2;
  });
  const shown = new Set();
  let turn = 0;
  let before = 0;
  const presented = video.evaluate(
    (element, milliseconds) => globalThis.e2e.frames(element, milliseconds),
    SECONDS * 500,
  );
  await until(
    "the last second",
    async () => {
      const { currentTime, height, error } = await stateOf(page);
      assert.equal(error, null);
      shown.add(height);
      const buffered = await video.evaluate(({ buffered: parts }) =>
        parts.length === 0 ? 0 : parts.end(parts.length - 1),
      );
      // Each time that a segment has come, the next one is asked of another rung.
      if (heights.length > 0 && buffered - before >= 0.5) {
        before = buffered;
        turn += 1;
        // Up to the top and down to the bottom again.
        const position = turn % (2 * heights.length - 2);
        const index = position < heights.length ? position : 2 * heights.length - 2 - position;
        await page.evaluate((level) => globalThis.player.choose(level), index);
      }
      return currentTime > SECONDS - 1;
    },
    { timeout: 60_000, every: 20 },
  );
  await video.evaluate((element) => element.pause());
  const barcodes = (await presented).map(({ barcode }) => barcode);
  const back = barcodes.slice(1).filter((value, index) => value < barcodes[index]);
  assert.deepEqual(back, [], "no frame is shown again");
  return shown;
}

/** Of the frames with these numbers those that are not on the screen at their time. */
function wrongFrames(page, frames) {
  return page.evaluate(
    async ({ rate, frames }) => {
      const element = document.querySelector("video");
      const found = [];
      for (const frame of frames) {
        await globalThis.e2e.seek(element, (frame + 0.5) / rate);
        const barcode = globalThis.e2e.readBarcode(element);
        const expected = Math.round((frame * 1000) / rate);
        if (barcode !== expected) found.push(`${expected} ms: ${barcode} (${element.videoHeight} lines)`);
      }
      return found;
    },
    { rate: RATE, frames },
  );
}

/** Where segments of any picture rung begin, in seconds, without the front and the last second. */
async function seamsOf(url, made) {
  const { lists } = await playlistsOf(url, made);
  const starts = lists
    .filter(({ kind }) => kind === "video")
    .flatMap(({ durations }) => durations.map((_, index) => sum(durations.slice(0, index))));
  return [...new Set(starts.map((time) => time.toFixed(3)))]
    .map(Number)
    .filter((time) => time > 0 && time < SECONDS - 1);
}

it(
  "the download plays and seeks in a video element, every frame in its place",
  async ({ page, url }) => {
    const made = await video(url);
    await page.goto(pages.url);
    await page.evaluate((address) => {
      document.querySelector("video").src = address;
    }, new URL(made.playback.download_url, url).href);
    await play(page);
    assert.ok((await audioLevel(page, 1000)) > 0.1, "with its sound");
    await page.evaluate(() => document.querySelector("video").pause());
    const { duration } = await stateOf(page);
    assert.ok(Math.abs(duration - SECONDS) < 0.05, `it is ${duration} s long`);
    assert.deepEqual(await wrongFrames(page, [300, 20, 200, 0, 201, 359]), []);
  },
  { problems: /favicon/ },
);

it(
  "Firefox plays by HLS and by DASH",
  async ({ url }) => {
    const made = await video(url);
    const firefox = await openFirefox();
    try {
      for (const name of ["hls.js", "dash.js"]) {
        const { script, url: which, open } = PLAYERS[name];
        await firefox.goto(`${pages.url}/?${script}`);
        await firefox.evaluate(open, new URL(made.playback[which], url).href);
        await firefox.evaluate(() => document.querySelector("video").play());
        await until(`${name} to play in Firefox`, async () => {
          const now = await firefox.evaluate(() => {
            const element = document.querySelector("video");
            const { totalVideoFrames: decoded, droppedVideoFrames: dropped } = element.getVideoPlaybackQuality();
            return { time: element.currentTime, shown: decoded - dropped, error: element.error?.message ?? null };
          });
          assert.equal(now.error, null);
          return now.time > 1 && now.shown > 10;
        });
      }
    } finally {
      await firefox.close();
    }
  },
  { timeout: 120_000 },
);
