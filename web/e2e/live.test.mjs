// A broadcast from an encoder to decoded frames in a browser: the waiting card that becomes the player, how far behind the picture
// is, and the video that is there at the end.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Api } from "./api.mjs";
import { encoder } from "./encoder.mjs";
import { axe, startServer, suite, until } from "./kit.mjs";
import { PLAYERS, servePlayers } from "./other-players.mjs";
import { signedIn } from "./pages.mjs";
import { play, progress, sampleFrames, stateOf } from "./player.mjs";
import { load, parse, playlistsOf } from "./playlists.mjs";

const it = suite("live");
let server;
before(async () => {
  server = await startServer({ environment: { VITASCOPE_RTMP: "127.0.0.1:0" } });
});
after(() => server?.stop());

/** Milliseconds between the arrival of each picture at the server, by the dates in its playlist, and its showing. */
async function delays(page, url, milliseconds) {
  const folder = (await (await fetch(url)).text()).match(/^[^#].*$/m)[0];
  const list = await (await fetch(new URL(folder, url))).text();
  const began = Date.parse(/#EXT-X-PROGRAM-DATE-TIME:(\S+)/.exec(list)[1]);
  const origin = await page.evaluate(() => performance.timeOrigin);
  const frames = await sampleFrames(page, milliseconds);
  const read = frames.filter((frame) => frame.barcode !== null);
  assert.ok(read.length > milliseconds / 100, `${read.length} of ${frames.length} pictures could be read`);
  const behind = read.map((frame) => origin + frame.now - (began + frame.barcode)).sort((a, b) => a - b);
  return { p50: behind[Math.floor(behind.length * 0.5)], p95: behind[Math.floor(behind.length * 0.95)] };
}

it("a person goes live, others watch it seconds behind, and it is a video at its end", async ({ page, context }) => {
  const { url } = server;
  const api = await signedIn(page, url);
  await page.goto(`${url}/live/new`);
  await page.getByText("OBS or another encoder").click();
  await page.getByLabel("Title").fill("A broadcast");
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Get a stream key" }).click();
  const address = await page.getByLabel("Server").inputValue();
  const key = await page.getByLabel("Stream key").inputValue();
  assert.deepEqual(await axe(page), []);
  const id = new URL(page.url()).searchParams.get("v");

  const viewer = await context.newPage();
  await viewer.goto(`${url}/w/${id}`);
  await viewer.getByText("This broadcast has not begun").waitFor();
  assert.deepEqual(await axe(viewer), []);
  const began = Date.now();
  const sending = encoder(`${address}/${key}`);
  await play(viewer, { timeout: 60_000 });
  const first = Date.now() - began;
  await viewer.getByText("LIVE", { exact: true }).waitFor();
  await page.getByText("You are live.").waitFor();
  // Whoever joins later sees the live picture, not the beginning.
  await until("some seconds of it", async () => (await api.call("GET", `/api/live/${id}/sessions`)).items.length === 1);
  await viewer.waitForTimeout(6000);
  await viewer.reload();
  await play(viewer);
  const { playback } = await api.video(id);
  const { p50, p95 } = await delays(viewer, url + playback.hls_url, 10_000);
  console.log(`first picture after ${first} ms, behind: p50 ${Math.round(p50)} ms, p95 ${Math.round(p95)} ms`);
  assert.ok(p50 < 6000, `the picture is ${p50} ms old`);
  assert.deepEqual(await axe(viewer), []);

  const list = await context.newPage();
  await list.goto(`${url}/live`);
  await list.getByRole("link", { name: "A broadcast" }).waitFor();
  assert.deepEqual(await axe(list), []);

  // The connection is lost, and the same page plays on when it is back.
  sending.cut();
  await viewer.getByText("INTERRUPTED", { exact: true }).waitFor();
  const again = encoder(`${address}/${key}`);
  await viewer.getByText("LIVE", { exact: true }).waitFor();
  const { currentTime } = await stateOf(viewer);
  await until("the picture goes on", async () => (await stateOf(viewer)).currentTime > currentTime + 2, {
    timeout: 30_000,
  });
  again.stop();

  await page.getByRole("button", { name: "End the broadcast" }).click();
  await page.getByText("The broadcast has ended.").waitFor();
  await api.ready(id);
  await until("the whole video", async () => {
    const { duration, error } = await stateOf(viewer);
    assert.equal(error, null);
    return Number.isFinite(duration) && duration > 15;
  });
  assert.equal(await viewer.getByText("LIVE", { exact: true }).count(), 0);
});

it("other players play it, and hls-parser reads all of its playlists", async ({ context }) => {
  const api = await Api.register(server.url);
  const { id, rtmp_url, stream_key } = await api.call("POST", "/api/live", { title: "Others", save: true });
  await api.call("PATCH", `/api/videos/${id}`, { visibility: "unlisted" });
  const sending = encoder(`${rtmp_url}/${stream_key}`, { size: "320x180", past: 32 });
  const video = await api.waitFor(id, "the broadcast", ({ playable }) => playable, { timeout: 60_000 });
  const index = new URL(video.playback.hls_url.replace("master", "source/index"), server.url).href;
  const skipped = async () => {
    const list = await load(`${index}?_HLS_skip=YES`);
    return list.includes("#EXT-X-SKIP") && list;
  };
  const delta = await until("an update that leaves something out", skipped, { timeout: 60_000 });
  const whole = await load(index);
  const [lists, update] = [await playlistsOf(server.url, video), parse(index, delta)];
  assert.equal(lists.lists.length, 2);
  assert.ok(parse(index, whole).lowLatencyCompatibility.canBlockReload, whole);
  assert.ok(update.skip > 0 && delta.length < whole.length, delta);
  const pages = await servePlayers();
  try {
    // Chromium's own player plays it too, but gives up on every third broadcast that it is shown, whatever its playlists leave out.
    for (const name of ["hls.js", "shaka-player, HLS"]) {
      const { script, open } = PLAYERS[name];
      const page = await context.newPage();
      await page.goto(`${pages.url}/${script === undefined ? "" : `?${script}`}`);
      await page.evaluate(open, new URL(video.playback.hls_url, server.url).href);
      await play(page, { timeout: 60_000 });
      await progress(page, 1, { timeout: 60_000 });
      assert.deepEqual(await page.evaluate(() => globalThis.player.errors), [], name);
      await page.close();
    }
  } finally {
    await pages.close();
  }
  await sending.stop();
  await api.call("POST", `/api/live/${id}/end`, {});
  const ended = await playlistsOf(server.url, await api.video(id));
  assert.ok(ended.lists.every(({ media }) => media.endlist));
});
