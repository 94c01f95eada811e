// What lies beside picture and sound: captions, languages, pictures over the bar, the file to take home, fresh addresses.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Api } from "./api.mjs";
import { CUES, manyTracks, shortMp4 } from "./fixtures.mjs";
import { axe, suite, until } from "./kit.mjs";
import { PLAYERS, servePlayers } from "./other-players.mjs";
import { signedIn } from "./pages.mjs";
import { audioLevel, play, seek, stateOf, videoOf } from "./player.mjs";

const it = suite("tracks");

let made;
/** One public video with two languages of captions and of sound, for the whole file. */
function video(url) {
  made ??= (async () => {
    const api = await Api.register(url);
    const id = await api.upload(await manyTracks(), { contentType: "video/x-matroska", title: "Two languages" });
    await api.ready(id, { timeout: 90_000 });
    return api.waitFor(id, "captions", ({ playback }) => playback.captions.length === 2);
  })();
  return made;
}

/** The texts on the screen just now, of the tracks that are shown. */
function shownText(page) {
  return videoOf(page).evaluate((element) =>
    [...element.textTracks]
      .filter(({ mode, kind }) => mode === "showing" && kind !== "metadata")
      .flatMap(({ activeCues }) => [...(activeCues ?? [])].map(({ text }) => text)),
  );
}

async function open(page, address) {
  await page.goto(address);
  await play(page);
  await videoOf(page).evaluate((element) => element.pause());
  await seek(page, 2);
}

/** Captions by the menu, the button and the key; kept for the next visit. */
async function captions(page) {
  assert.deepEqual(await shownText(page), [], "nobody asked for captions");
  await page.getByRole("button", { name: "Settings" }).click();
  const list = page.getByRole("combobox", { name: "Captions" });
  const names = await list.getByRole("option").allTextContents();
  assert.deepEqual(names, ["Off", "English", "Deutsch"], "each language once");
  assert.deepEqual(await axe(page), []);
  await list.selectOption("Deutsch");
  await until("the words", async () => (await shownText(page)).join() === CUES.de.text);
  await page.keyboard.press("Escape");
  await page.keyboard.press("c");
  await until("no words", async () => (await shownText(page)).length === 0);
  await page.getByRole("button", { name: "Captions" }).click();
  await until("the words again", async () => (await shownText(page)).join() === CUES.de.text);
  await page.getByRole("button", { name: "Settings" }).click();
  await list.selectOption("English");
  await until("the other words", async () => (await shownText(page)).join() === CUES.en.text);
}

it("captions are chosen in the menu, switched by a key, and there again at the next visit", async ({ page, url }) => {
  const { id } = await video(url);
  await open(page, `${url}/w/${id}`);
  await captions(page);
  await page.reload();
  await play(page);
  await until("the words of the last visit", async () => (await shownText(page)).join() === CUES.en.text);
});

it("captions are there where the browser plays by itself, as tracks of the element", async ({ page, url }) => {
  const { id } = await video(url);
  // As on a phone without media source extensions.
  await page.addInitScript(() => {
    for (const name of ["MediaSource", "ManagedMediaSource", "WebKitMediaSource"]) delete globalThis[name];
  });
  await open(page, `${url}/w/${id}`);
  assert.ok(
    (await videoOf(page).evaluate((element) => element.currentSrc)).endsWith(".m3u8"),
    "the browser itself plays",
  );
  await captions(page);
});

it(
  "hls.js finds the captions in the playlist",
  async ({ page, url }) => {
    const { playback } = await video(url);
    const pages = await servePlayers();
    try {
      const { script, open: load } = PLAYERS["hls.js"];
      await page.goto(`${pages.url}/?${script}`);
      await page.evaluate(load, new URL(playback.hls_url, url).href);
      const found = await page.evaluate(() => {
        const { player } = globalThis.player;
        return player.subtitleTracks.map(({ lang, name }) => `${lang} ${name}`);
      });
      assert.deepEqual(found, ["en English", "de Deutsch"]);
      await page.evaluate(() => {
        globalThis.player.player.subtitleTrack = 1;
      });
      await play(page);
      await until("the words", async () => (await shownText(page)).join() === CUES.de.text);
    } finally {
      await pages.close();
    }
  },
  { problems: /favicon/ },
);

it("the language of the sound is chosen in the menu, and there again at the next visit", async ({ page, url }) => {
  const { id } = await video(url);
  await page.goto(`${url}/w/${id}`);
  await play(page);
  await videoOf(page).evaluate((element) => {
    element.loop = true;
  });
  assert.ok((await audioLevel(page, 1000)) > 0.3, "the first language is loud");
  await page.getByRole("button", { name: "Settings" }).click();
  const list = page.getByRole("combobox", { name: "Sound" });
  assert.deepEqual(await list.getByRole("option").allTextContents(), ["English", "Deutsch"]);
  await list.selectOption("Deutsch");
  await until("silence", async () => (await audioLevel(page, 300)) < 0.01);
  assert.equal((await stateOf(page)).paused, false);
  await page.reload();
  await play(page);
  assert.ok((await audioLevel(page, 1000)) < 0.01, "the second language from the start");
});

it("the bar shows a picture of the place under the pointer, and while it is dragged", async ({ page, url }) => {
  const { id } = await video(url);
  await open(page, `${url}/w/${id}`);
  const box = await page.locator("media-time-range").boundingBox();
  const at = (share) => [box.x + box.width * share, box.y + box.height / 2];
  const preview = page.locator("media-preview-thumbnail img");
  const shown = () =>
    preview.evaluate((image) => ({
      sheet: image.src,
      place: getComputedStyle(image).transform,
      width: image.naturalWidth,
      seen: image.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
      // A machine without a mouse has no hovering, and Chromium knows.
      hovers: matchMedia("(hover: hover)").matches,
    }));
  await page.mouse.move(...at(0.2));
  const first = await until("a picture", async () => {
    const now = await shown();
    return /storyboard-.*\.jpg$/.test(now.sheet) && now.width > 0 && (now.seen || !now.hovers) && now;
  });
  await page.mouse.move(...at(0.9));
  await until("another picture", async () => (await shown()).place !== first.place);
  await page.mouse.down();
  await page.mouse.move(...at(0.5), { steps: 5 });
  await until("the picture in the middle", async () => {
    const { place, seen } = await shown();
    return seen && place !== first.place;
  });
  await page.mouse.up();
  await until("the video there", async () => Math.abs((await stateOf(page)).currentTime - 5) < 0.5);
});

it("the download is a file with the video's name that plays", async ({ page, url }) => {
  const { id } = await video(url);
  await page.goto(`${url}/w/${id}`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "Two languages.mp4");
  const path = await download.path();
  const words = ["-v", "error", "-of", "json", "-show_format", "-show_entries", "stream=codec_type", path];
  const { stdout } = await promisify(execFile)("ffprobe", words);
  const { format, streams } = JSON.parse(stdout);
  assert.ok(Math.abs(Number(format.duration) - 10) < 0.1, `${format.duration} s`);
  assert.deepEqual(streams.map(({ codec_type: kind }) => kind).slice(0, 2), ["video", "audio"]);
  await promisify(execFile)("ffmpeg", ["-v", "error", "-xerror", "-i", path, "-f", "null", "-"]);
});

it("a private video gets a fresh address before its own ends, and plays on with it", async ({ page, url }) => {
  const api = await signedIn(page, url);
  const id = await api.upload(await shortMp4(), { visibility: "private" });
  await api.ready(id, { timeout: 90_000 });
  // The server's grants live for a day: here the first ends soon, and the next is another name for the same.
  const folder = /\/media\/[^/]+\//;
  let asked = 0;
  await page.route(`**/api/videos/${id}`, async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    asked += 1;
    body.playback.expires_at = new Date(Date.now() + 10 * 60_000 + (asked === 1 ? 6000 : 3_600_000)).toISOString();
    if (asked > 1) body.playback.hls_url = body.playback.hls_url.replace(folder, "/media/fresh/");
    await route.fulfill({ response: answer, json: body });
  });
  const { playback } = await api.video(id);
  const [grant] = folder.exec(playback.hls_url);
  const fresh = [];
  await page.route("**/media/fresh/**", async (route) => {
    fresh.push(route.request().url());
    await route.fulfill({
      response: await route.fetch({ url: route.request().url().replace("/media/fresh/", grant) }),
    });
  });
  // What the socket says would have the true address.
  await page.routeWebSocket(`**/ws/videos/${id}`, () => undefined);
  await page.goto(`${url}/w/${id}`);
  await play(page);
  await until("a second question", () => asked > 1);
  // Paused: while it plays, hls.js leaves in the buffer what it could not replace in time.
  await videoOf(page).evaluate((element) => element.pause());
  await seek(page, 0);
  await page.getByRole("button", { name: "Settings" }).click();
  // Another rung than the one that is loaded already.
  const { height } = await stateOf(page);
  await page.getByRole("combobox", { name: "Quality" }).selectOption(height === 240 ? "360" : "240");
  await videoOf(page).evaluate((element) => element.play());
  await until("media by the fresh address", () => fresh.some((address) => /\.m4s$/.test(address)));
  assert.equal((await stateOf(page)).error, null);
});
