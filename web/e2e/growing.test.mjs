// Watching while the encode runs: a page that was opened early goes on past what existed then.
import assert from "node:assert/strict";
import { growingWebm, GROWING_SECONDS as SECONDS } from "./fixtures.mjs";
import { suite, until } from "./kit.mjs";
import { signedIn } from "./pages.mjs";
import { play, progress, sampleFrames, seek, stateOf } from "./player.mjs";
import { playlistsOf, sum } from "./playlists.mjs";

const it = suite("growing");

/** From `complete` to the first picture, by the requirement. */
const START = 5000;

it(
  "a page opened while the encode runs plays on past what existed then, with the whole length on the bar",
  async ({ page, url }) => {
    const api = await signedIn(page, url);
    const path = await growingWebm();
    const { id, count } = await api.send(path, { contentType: "video/webm" });
    await page.goto(`${url}/w/${id}`);
    await page.getByRole("heading", { name: "This video is still being uploaded" }).waitFor();

    const completed = Date.now();
    await api.call("POST", `/api/videos/${id}/complete`, { count });
    await play(page, { timeout: 30_000 });
    const started = Date.now() - completed;
    const early = await api.video(id);
    assert.ok(started <= START, `playing began ${started} ms after complete`);
    assert.equal(early.state, "processing", "the encode still runs");

    const opened = await stateOf(page);
    assert.ok(opened.currentTime < 10, `it began at ${opened.currentTime} s and not at the start`);
    assert.ok(Math.abs(early.duration_seconds - SECONDS) < 0.1, `the API says ${early.duration_seconds} s`);
    assert.ok(Math.abs(opened.duration - SECONDS) < 0.5, `the bar is ${opened.duration} s long`);
    const existed = await encodedUntil(url, early);
    assert.ok(existed < SECONDS - 5, `${existed} s of ${SECONDS} s existed when the page started to play`);

    // Not by waiting for all of it: to just before the frontier of that moment, and across it.
    await seek(page, Math.max(0, existed - 3));
    await progress(page, 8, { timeout: 60_000 });
    const frames = await sampleFrames(page, 1000);
    assert.ok(frames.at(-1).mediaTime > existed, `at ${frames.at(-1).mediaTime} s, past ${existed} s`);
    const drift = frames
      .filter((frame) => frame.barcode !== null)
      .map((frame) => frame.barcode - frame.mediaTime * 1000);
    assert.ok(
      drift.length > 5 && drift.every((value) => Math.abs(value) < 50),
      `the pictures are those of their time: ${drift.slice(0, 5)}`,
    );
    assert.equal(page.url(), `${url}/w/${id}`, "without a reload");

    const whole = async () => Math.max(...(await lengths(url, early))) > SECONDS - 0.5;
    await until("the whole first rung", whole, { timeout: 240_000, every: 500 });
    await until("the end on the bar", async () => Math.abs((await stateOf(page)).seekableEnd - SECONDS) < 0.5, {
      timeout: 30_000,
    });
    await seek(page, SECONDS - 2);
    // While the rest was made it may have come to its end already, and stopped there.
    await page.locator("video").evaluate((video) => video.play());
    await until("the end", async () => (await stateOf(page)).ended, { timeout: 30_000 });
  },
  { timeout: 420_000 },
);

it(
  "a seek beyond what exists waits there and plays on by itself",
  async ({ page, url }) => {
    const api = await signedIn(page, url);
    const id = await api.upload(await growingWebm(), { contentType: "video/webm" });
    const video = await api.playable(id, { timeout: 30_000 });
    await page.goto(`${url}/w/${id}`);
    await play(page, { timeout: 30_000 });
    const wish = Math.min(SECONDS - 5, (await encodedUntil(url, video)) + 25);
    await page.locator("video").evaluate((element, time) => {
      element.currentTime = time;
    }, wish);
    await until(
      "pictures at the wish",
      async () => {
        const { currentTime, readyState, error } = await stateOf(page);
        assert.equal(error, null);
        assert.ok(currentTime > wish - 1, `it jumped back from ${wish} to ${currentTime}`);
        return readyState >= 3 && currentTime > wish + 1;
      },
      { timeout: 180_000, every: 250 },
    );
  },
  { timeout: 300_000 },
);

/** The end of the shortest media playlist at this moment, in seconds. */
async function encodedUntil(url, video) {
  return Math.min(...(await lengths(url, video)));
}

async function lengths(url, video) {
  const { lists } = await playlistsOf(url, video);
  return lists.map(({ durations }) => sum(durations));
}
