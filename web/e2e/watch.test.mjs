// From registering to watching, with a real file: pictures that move, sound, a seek, a reload, the keyboard.
import assert from "node:assert/strict";
import { Api } from "./api.mjs";
import { shortMp4, TRAILER } from "./fixtures.mjs";
import { suite, until } from "./kit.mjs";
import { registerByForm, signedIn, uploadAndWatch } from "./pages.mjs";
import { audioLevel, movement, play, sampleFrames, seek, stateOf, videoOf } from "./player.mjs";

const it = suite("watch");

/** Decoded pictures that differ from each other, more than one in ten of those that a 24 Hz video shows. */
async function assertMoves(page, milliseconds = 2000) {
  const frames = await sampleFrames(page, milliseconds);
  assert.ok(frames.length >= 10, `${frames.length} frames in ${milliseconds} ms`);
  assert.ok(frames.at(-1).presentedFrames > frames[0].presentedFrames, "the decoder presents frames");
  assert.ok(frames.at(-1).mediaTime > frames[0].mediaTime, "the media time goes on");
  assert.ok(movement(frames) >= frames.length / 3, `${movement(frames)} of ${frames.length} pictures differ`);
  assert.ok(
    frames.some((frame) => frame.variation > 5),
    "the picture is more than one colour",
  );
}

it("a new user registers, uploads a real video and sees it move, hears it, seeks in it and finds it again", async ({
  page,
  url,
}) => {
  await registerByForm(page, url);
  const id = await uploadAndWatch(page, url, TRAILER.path, "bbb-trailer-12s.mp4");

  await play(page);
  await seek(page, 4);
  await assertMoves(page);
  const level = await audioLevel(page, 2000);
  assert.ok(level > 0.01, `the sound's peak is ${level}`);

  await until("the whole file to be there", async () => (await stateOf(page)).seekableEnd > 10.6);
  await seek(page, 10.6);
  await play(page);
  const [first] = await sampleFrames(page, 500);
  assert.ok(first.mediaTime > 10.4, `after a seek to 10.6 s the first picture is at ${first.mediaTime} s`);
  const { duration, width, height } = await stateOf(page);
  assert.ok(Math.abs(duration - TRAILER.seconds) < 0.2, `duration ${duration}`);
  assert.equal(Math.round((width / height) * 9), 16);

  await page.reload();
  assert.ok(page.url().endsWith(`/w/${id}`));
  await play(page);
  await seek(page, 4);
  await assertMoves(page);
});

it("a seek shows the very frame that was asked for", async ({ page, url }) => {
  const api = await signedIn(page, url);
  const id = await api.upload(await shortMp4());
  await api.ready(id, { timeout: 60_000 });
  await page.goto(`${url}/w/${id}`);
  await play(page);
  await videoOf(page).evaluate((video) => video.pause());
  for (const [asked, expected] of [
    [5.01, 5000],
    [1.11, 1100],
    [7.34, 7333],
    [0, 0],
  ]) {
    await seek(page, asked);
    const shown = await until("a readable picture", () =>
      videoOf(page).evaluate((video) => globalThis.e2e.readBarcode(video)),
    );
    assert.ok(Math.abs(shown - expected) <= 1, `asked for ${asked} s, ${shown} ms were shown`);
  }
});

it("a link with a time starts there", async ({ page, url }) => {
  const api = await signedIn(page, url);
  const id = await api.upload(await shortMp4());
  await api.ready(id, { timeout: 60_000 });
  await page.goto(`${url}/w/${id}?t=5`);
  await play(page);
  const [first] = await sampleFrames(page, 400);
  assert.ok(first.mediaTime >= 4.9 && first.mediaTime < 6.5, `it began at ${first.mediaTime} s`);
});

it("the keyboard plays, seeks, mutes and jumps, and leaves people alone who type", async ({ page, url }) => {
  const api = await signedIn(page, url);
  const id = await api.upload(await shortMp4());
  await api.ready(id, { timeout: 60_000 });
  await page.goto(`${url}/w/${id}`);
  await play(page);
  const becomes = (what, test) => until(what, async () => test(await stateOf(page)));

  await page.keyboard.press("k");
  await becomes("pause by k", ({ paused }) => paused);
  await page.keyboard.press("0");
  await becomes("the start by 0", ({ currentTime }) => currentTime < 0.1);
  await page.keyboard.press("ArrowRight");
  await becomes("5 s by the right arrow", ({ currentTime }) => Math.abs(currentTime - 5) < 0.2);
  await page.keyboard.press("ArrowLeft");
  await becomes("0 s by the left arrow", ({ currentTime }) => currentTime < 0.2);
  await page.keyboard.press("5");
  await becomes("half by 5", ({ currentTime, duration }) => Math.abs(currentTime - duration / 2) < 0.2);
  const { currentTime: before } = await stateOf(page);
  await page.keyboard.press(".");
  await becomes(
    "one frame on by a dot",
    ({ currentTime }) => currentTime > before + 0.02 && currentTime < before + 0.06,
  );
  await page.keyboard.press("m");
  await becomes("silence by m", ({ muted }) => muted);
  await page.keyboard.press("m");
  await becomes("sound by m", ({ muted }) => !muted);
  await page.keyboard.press("k");
  await becomes("playing by k", ({ paused }) => !paused);
  await page.keyboard.press("MediaPlayPause");
  await becomes("pause by the media key", ({ paused }) => paused);
  await page.keyboard.press("MediaPlayPause");
  await becomes("playing by the media key", ({ paused }) => !paused);
  const fullscreen = () => page.evaluate(() => document.fullscreenElement !== null);
  await page.keyboard.press("Control+Enter");
  await until("full screen by Ctrl+Enter", fullscreen);
  await page.keyboard.press("f");
  await until("the page again by f", async () => !(await fullscreen()));
  await page.keyboard.press("?");
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await list.getByText("Ctrl + Enter").waitFor();
  await page.keyboard.press("k");
  assert.equal((await stateOf(page)).paused, false, "a dialog keeps the keys for itself");
  await page.keyboard.press("Escape");
  await list.waitFor({ state: "hidden" });
  await page.keyboard.press("Control+k");
  assert.equal((await stateOf(page)).paused, false, "a browser's own shortcut is not ours");
});

it(
  "a stranger watches an unlisted video by its link, and a private one looks like none",
  async ({ page, url }) => {
    const owner = await Api.register(url);
    const clip = await shortMp4();
    const [unlisted, hidden] = [
      await owner.upload(clip, { visibility: "unlisted" }),
      await owner.upload(clip, { visibility: "private" }),
    ];
    await owner.playable(unlisted, { timeout: 60_000 });
    const { playback } = await owner.playable(hidden, { timeout: 60_000 });

    await page.goto(`${url}/w/${unlisted}`);
    await play(page);
    await assertMoves(page, 1000);

    await page.goto(`${url}/w/${hidden}`);
    await page.getByRole("heading", { name: "This video is not available" }).waitFor();
    assert.equal(await page.locator("video").count(), 0);
    const stolen = await fetch(new URL(playback.hls_url, url).href.replace(/\/media\/[^/]+\//, "/media/AAAA/"));
    assert.ok([401, 403, 404].includes(stolen.status), `media with a made-up grant: ${stolen.status}`);
  },
  { problems: /404/ },
);
