// The player in a frame of another site: it plays without a session, obeys its parameters, and says what is wrong inside the frame.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import test from "node:test";
import { Api } from "./api.mjs";
import { shortMp4 } from "./fixtures.mjs";
import { axe, suite, until } from "./kit.mjs";
import { stateOf } from "./player.mjs";

const it = suite("embed");

/** Another site: any address of it is a page with one frame. */
const site = createServer((request, response) => {
  const source = new URL(request.url, "http://site.invalid").searchParams.get("frame");
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(
    `<!doctype html><html lang="en"><title>Another site</title><body style="margin:0"><iframe src="${source}"
      title="A video" width="640" height="360" style="border:0" allow="autoplay; fullscreen" allowfullscreen></iframe>`,
  );
});
test.before(() => new Promise((resolve) => site.listen(0, "127.0.0.1", resolve)));
test.after(() => new Promise((resolve) => site.close(resolve)));

/** Opens a page of the other site that shows `path` of ours in a frame, and gives the frame. */
async function framed(page, url, path) {
  const other = `http://127.0.0.1:${site.address().port}/?frame=${encodeURIComponent(url + path)}`;
  await page.goto(other);
  return page.frameLocator("iframe");
}

let shared;
/** One video for the whole file. */
function video(url) {
  shared ??= (async () => {
    const api = await Api.register(url);
    const id = await api.upload(await shortMp4(), { title: "A framed video" });
    await api.ready(id, { timeout: 120_000 });
    return { api, id };
  })();
  return shared;
}

/** The document inside the frame. */
function inner(page) {
  return until("the frame", () => page.frames().find((frame) => frame.parentFrame() !== null));
}

/** The frame's video as `stateOf` describes a page's; nothing before there is one. */
async function framedState(page) {
  const frame = await inner(page);
  return (await frame.locator("video").count()) === 0 ? undefined : stateOf(frame);
}

it("plays on another site, on a click, with nothing but a picture fetched before", async ({ page, url, context }) => {
  const { id } = await video(url);
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const frame = await framed(page, url, `/embed/${id}`);
  const button = frame.getByRole("button", { name: "Play “A framed video”" });
  await button.waitFor();
  await until("the poster", () => frame.locator("img").evaluate((image) => image.complete && image.naturalWidth > 0));
  assert.equal(asked.filter((path) => path.endsWith(".m4s") || path.includes("hls")).length, 0, asked.join(" "));
  const inside = await inner(page);
  assert.deepEqual(await axe(inside), []);

  await button.click();
  await until("decoded pictures", async () => {
    const state = await framedState(page);
    assert.equal(state?.error ?? null, null);
    return state?.presented > 5 && state.currentTime > 0.3;
  });
  assert.deepEqual(await axe(inside), []);
  assert.deepEqual(await context.cookies(), [], "no cookie is set or needed");
  const title = frame.getByRole("link", { name: "A framed video" });
  assert.equal(await title.getAttribute("href"), `/w/${id}`);
  assert.equal(await title.getAttribute("target"), "_blank");
});

it("starts by itself, silent and bare, and stops where it was told", async ({ page, url }) => {
  const { api, id } = await video(url);
  await api.call("PATCH", `/api/videos/${id}`, { visibility: "unlisted" });
  await framed(page, url, `/embed/${id}?autoplay=1&muted=1&controls=0&start=2&end=4`);
  const first = await until("pictures", async () => {
    const state = await framedState(page);
    return state?.presented > 0 && state;
  });
  assert.ok(first.currentTime >= 2 && first.muted, JSON.stringify(first));
  const last = await until("the end of the part", async () => {
    const state = await framedState(page);
    return state.paused && state;
  });
  assert.ok(last.currentTime >= 4 && last.currentTime < 4.3, `stopped at ${last.currentTime}`);
  assert.equal(await (await inner(page)).locator("media-control-bar, media-time-range, .embed-title").count(), 0);
});

it("begins again at its start when it loops", async ({ page, url }) => {
  const { id } = await video(url);
  await framed(page, url, `/embed/${id}?autoplay=1&muted=1&loop=1&start=5&end=6`);
  let before = 0;
  let turns = 0;
  await until("two turns", async () => {
    const { currentTime } = (await framedState(page)) ?? { currentTime: 0 };
    if (currentTime < before) turns += 1;
    before = currentTime;
    assert.ok(currentTime < 6.3, `played on to ${currentTime}`);
    return turns >= 2;
  });
});

it(
  "says inside the frame that a video is private or gone, and the same of both",
  async ({ page, url }) => {
    const { api } = await video(url);
    const { id } = await api.send(await shortMp4(), { visibility: "private" });
    const said = [];
    for (const path of [`/embed/${id}?autoplay=1`, "/embed/AAAAAAAAAAA"]) {
      const frame = await framed(page, url, path);
      await frame.getByRole("heading", { name: "This video is not available" }).waitFor();
      said.push(await frame.getByRole("main").textContent());
      assert.deepEqual(await axe(await inner(page)), []);
    }
    assert.equal(said[0], said[1]);
  },
  { problems: /404/ },
);

it(
  "no other page of ours may stand in a frame",
  async ({ page, url }) => {
    const { id } = await video(url);
    await framed(page, url, `/w/${id}`);
    await until("the refusal", () => page.frames().some((frame) => frame.url().startsWith("chrome-error:")));
  },
  { problems: /frame-ancestors|ERR_BLOCKED_BY_RESPONSE|Failed to load/ },
);
