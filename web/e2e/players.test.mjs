// The same segments in our player and in others, over a ladder of five rungs: dash.js and shaka-player by the DASH manifest,
// hls.js and Chromium itself by the HLS playlists, two of them in Firefox too.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Api } from "./api.mjs";
import { openFirefox } from "./firefox.mjs";
import { AAC, clip, H264 } from "./fixtures.mjs";
import { suite, throttle, until } from "./kit.mjs";
import { PLAYERS, servePlayers } from "./other-players.mjs";
import { audioLevel, play, sampleFrames, stateOf, videoOf } from "./player.mjs";
import { playlistsOf, sum } from "./playlists.mjs";

const it = suite("players");

const SECONDS = 16;
/** Few pictures a second: a whole ladder of 1080 lines is soon made then, and played by two cores without a card. */
const RATE = 15;
/** Far up and far down: how a player is sent over the rungs. */
const ORDER = [240, 1080, 360];
/** How much of the video each of them gets: more than a segment, so that however slow the machine is one of each is fetched. */
const TURN = 5;
/** The copied rung on top needs the most, as it does with real pictures: filler makes up for what this picture does not. */
const FILLED = ["-b:v", "6M", "-maxrate", "6M", "-bufsize", "6M", "-x264-params", "nal-hrd=cbr:force-cfr=1"];
const source = () => {
  const video = [...H264, "-g", "30", ...FILLED];
  return clip("ladder.mp4", { seconds: SECONDS, size: "1920x1080", rate: RATE, video, audio: AAC });
};

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
    const ready = await api.ready(await api.upload(await source()), { timeout: 120_000 });
    assert.deepEqual(heightsOf(ready), [240, 360, 480, 720, 1080]);
    return ready;
  })();
  return made;
}

function heightsOf({ rungs }) {
  const heights = rungs.filter(({ kind }) => kind === "video").map(({ height }) => height);
  return heights.sort((one, other) => one - other);
}

for (const [name, { script, url: which, open }] of Object.entries(PLAYERS)) {
  it(
    `${name} plays with sound, and up and down over the rungs without a gap or a repeated frame`,
    async ({ page, url }) => {
      const made = await video(url);
      await page.goto(`${pages.url}/${script === undefined ? "" : `?${script}`}`);
      await page.evaluate(open, new URL(made.playback[which], url).href);
      const heights = await page.evaluate(() => globalThis.player.levels);
      if (heights.length > 0) {
        assert.deepEqual(heights, heightsOf(made));
        await page.evaluate(() => globalThis.player.choose(0));
      }
      await play(page);
      const loudest = await audioLevel(page, 1200);
      assert.ok(loudest > 0.1, `the loudest sample was ${loudest}`);
      const shown = await switchAllTheWay(page, heights);

      // The buffer is a patchwork of the rungs now: on both sides of every seam each frame is there once, at its time.
      assert.deepEqual(await wrongFrames(page, await aroundSeams(url, made)), []);
      if (heights.length > 0) assertWidely(shown);
      assert.deepEqual(await page.evaluate(() => globalThis.player.errors), []);
    },
    { timeout: 120_000, problems: /favicon/ },
  );
}

/** The player went where it was sent; how soon after the word, each has its own way. */
function assertWidely(shown) {
  const low = shown.has(240) || shown.has(360);
  assert.ok(shown.size >= 3 && low && shown.has(1080), `pictures with ${[...shown]} lines`);
}

/** Plays almost to the end at double speed and asks for another rung all the time; the answer is the heights that were shown. */
async function switchAllTheWay(page, heights) {
  await page.evaluate(() => {
    document.querySelector("video").playbackRate = 2;
  });
  const shown = new Set();
  let chosen = ORDER[0];
  const presented = page.evaluate(
    (milliseconds) => globalThis.e2e.frames(document.querySelector("video"), milliseconds),
    SECONDS * 500,
  );
  await until(
    "the last second",
    async () => {
      const { currentTime, height, error } = await page.evaluate(() => {
        const { currentTime, videoHeight, error } = document.querySelector("video");
        return { currentTime, height: videoHeight, error: error?.message ?? null };
      });
      assert.equal(error, null);
      shown.add(height);
      const wanted = ORDER[Math.floor(currentTime / TURN) % ORDER.length];
      if (heights.length > 0 && wanted !== chosen) {
        chosen = wanted;
        await page.evaluate((level) => globalThis.player.choose(level), heights.indexOf(wanted));
      }
      return currentTime > SECONDS - 1;
    },
    { timeout: 60_000, every: 20 },
  );
  await page.evaluate(() => document.querySelector("video").pause());
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
        let barcode = globalThis.e2e.readBarcode(element);
        // Firefox says that it has sought before it paints.
        for (let tries = 0; barcode === null && tries < 20; tries += 1) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          barcode = globalThis.e2e.readBarcode(element);
        }
        const expected = Math.round((frame * 1000) / rate);
        if (barcode !== expected) found.push(`${expected} ms: ${barcode} (${element.videoHeight} lines)`);
      }
      return found;
    },
    { rate: RATE, frames },
  );
}

/** The numbers of the frames next to every seam. */
async function aroundSeams(url, made) {
  return (await seamsOf(url, made)).flatMap((seam) => {
    const first = Math.round(seam * RATE);
    return [-2, -1, 0, 1].map((step) => first + step);
  });
}

/** Every picture that was presented is the one of its time, none came twice, and none stood for longer than 0.3 s. */
function assertSmooth(frames) {
  const wrong = frames.filter(({ barcode, mediaTime }) => barcode === null || Math.abs(barcode - mediaTime * 1000) > 5);
  assert.deepEqual(wrong, [], "pictures that are not those of their time");
  const steps = frames.slice(1).map((frame, index) => frame.barcode - frames[index].barcode);
  assert.ok(Math.min(...steps) > 0, `a picture came twice or time went back: ${steps}`);
  const pauses = frames.slice(1).map((frame, index) => frame.now - frames[index].now);
  assert.ok(Math.max(...pauses) <= 300, `a picture stood for ${Math.max(...pauses)} ms`);
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
    assert.deepEqual(await wrongFrames(page, [230, 20, 150, 0, 151, 239]), []);
  },
  { problems: /favicon/ },
);

for (const name of ["hls.js", "dash.js"]) {
  it(
    `${name} in Firefox plays up and down over the rungs without a gap or a repeated frame`,
    async ({ url }) => {
      const made = await video(url);
      const tools = await readFile(fileURLToPath(new URL("page-tools.js", import.meta.url)), "utf8");
      const firefox = await openFirefox();
      try {
        const { script, url: which, open } = PLAYERS[name];
        await firefox.goto(`${pages.url}/?${script}`);
        await firefox.evaluate(`() => { ${tools} }`);
        await firefox.evaluate(open, new URL(made.playback[which], url).href);
        const heights = await firefox.evaluate(() => globalThis.player.levels);
        assert.deepEqual(heights, heightsOf(made));
        await firefox.evaluate(() => globalThis.player.choose(0));
        await firefox.evaluate(() => document.querySelector("video").play());
        const shown = await switchAllTheWay(firefox, heights);
        assertWidely(shown);
        // What it gives to a canvas after a seek cannot be read now and then, in any rung; but it must never be another picture.
        const wrong = await wrongFrames(firefox, await aroundSeams(url, made));
        assert.deepEqual(
          wrong.filter((one) => !one.includes("null")),
          [],
        );
        assert.ok(wrong.length <= 4, wrong.join(", "));
        assert.deepEqual(await firefox.evaluate(() => globalThis.player.errors), []);
      } finally {
        await firefox.close();
      }
    },
    { timeout: 120_000 },
  );
}

it(
  "our own player goes down and up by its menu, and every picture comes once and in its place",
  async ({ page, url }) => {
    const made = await video(url);
    await page.addInitScript(() => localStorage.setItem("vitascope.player", '{"quality":240}'));
    await page.goto(`${url}/w/${made.id}`);
    await play(page);
    await until("the lowest rung", async () => (await stateOf(page)).height === 240);
    await page.getByRole("button", { name: "Settings" }).click();
    const quality = page.getByRole("combobox", { name: "Quality" });
    const presented = sampleFrames(page, SECONDS * 1000);
    for (const lines of [1080, 360]) {
      await quality.selectOption(String(lines));
      await until(`${lines} lines`, async () => (await stateOf(page)).height === lines);
    }
    // On a slow machine its segment may not come before the end.
    await quality.selectOption("720");
    await until("the last second", async () => (await stateOf(page)).currentTime > SECONDS - 1);
    await videoOf(page).evaluate((element) => element.pause());
    const frames = await presented;
    const heights = [...new Set(frames.map(({ height }) => height))];
    assert.deepEqual(heights.slice(0, 3), [240, 1080, 360]);
    assertSmooth(frames);
    assert.deepEqual(await wrongFrames(page, await aroundSeams(url, made)), []);
  },
  { timeout: 120_000 },
);

it(
  "on a slow line our own player stays on a rung that fits, and does not stall once it plays",
  async ({ page, url }) => {
    const made = await video(url);
    const fits = made.rungs.find(({ kind, height }) => kind === "video" && height === 480);
    const above = made.rungs.find(({ kind, height }) => kind === "video" && height === 720);
    // In bytes: what 480 lines need at most, with something over, and less than 720 lines.
    const line = (fits.bandwidth * 1.6) / 8;
    assert.ok(line * 8 < above.bandwidth, `${line * 8} bit/s would carry ${above.bandwidth}`);
    await throttle(page, { down: line });
    await page.goto(`${url}/w/${made.id}`);
    await play(page, { timeout: 60_000 });
    const stalls = videoOf(page).evaluate(
      (element) =>
        new Promise((resolve) => {
          const found = [];
          element.addEventListener("waiting", () => found.push(element.currentTime));
          element.addEventListener("pause", () => resolve(found));
        }),
    );
    const shown = new Set();
    await until(
      "ten seconds",
      async () => {
        const { height, currentTime } = await stateOf(page);
        shown.add(height);
        return currentTime > 10;
      },
      { timeout: 60_000 },
    );
    await videoOf(page).evaluate((element) => element.pause());
    assert.deepEqual(await stalls, [], `it never waited; pictures with ${[...shown]} lines`);
    assert.ok(Math.max(...shown) <= 480, `pictures with ${[...shown]} lines on a line of ${line * 8} bit/s`);
  },
  { timeout: 120_000 },
);
