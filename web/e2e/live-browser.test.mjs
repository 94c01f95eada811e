// A broadcast from a browser tab: a camera with a barcode goes out over a WebSocket, a second page shows it, the connection is cut and comes
// back, and the video at the end has everything.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "./api.mjs";
import { axe, suite, until } from "./kit.mjs";
import { signedIn } from "./pages.mjs";
import { play } from "./player.mjs";
import { ALLOWED, barcodes, deviceFlags, download } from "./recorder.mjs";

const it = suite("live-browser", { flags: deviceFlags });

/** The camera's picture repeats itself after this, in milliseconds. */
const LOOP = 10_000;

/** A line to the server that can be cut. */
async function line(url) {
  const { hostname, port } = new URL(url);
  const open = new Set();
  let cut = false;
  const proxy = createServer((near) => {
    near.on("error", () => undefined);
    if (cut) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    far.on("error", () => near.destroy());
    for (const socket of [near, far]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
    near.pipe(far).pipe(near);
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    cut() {
      cut = true;
      for (const socket of open) socket.destroy();
    },
    mend() {
      cut = false;
    },
    close() {
      this.cut();
      proxy.close();
    },
  };
}

/** The barcodes that a page's video shows during some milliseconds, with the time of each on the wall. */
async function shown(page, milliseconds) {
  const frames = await page
    .locator("video")
    .first()
    .evaluate((video, duration) => globalThis.e2e.frames(video, duration), milliseconds);
  const origin = await page.evaluate(() => performance.timeOrigin);
  return frames.filter(({ barcode }) => barcode !== null).map(({ barcode, now }) => ({ barcode, at: origin + now }));
}

/** When the camera showed the beginning of its loop, by what its preview shows. */
function begun(preview) {
  const starts = preview.map(({ barcode, at }) => at - barcode).sort((a, b) => a - b);
  return starts[starts.length >> 1];
}

it(
  "a camera is watched live, outlives a cut line, and is a whole video at the end",
  async ({ page, context, url }) => {
    const wire = await line(url);
    const folder = await mkdtemp(join(tmpdir(), "vitascope-live-"));
    try {
      const api = new Api(url, (await signedIn(page, wire.url)).token);
      await page.evaluate(() =>
        localStorage.setItem(
          "vitascope.recorder",
          JSON.stringify({ source: "camera", microphone: true, cleanVoice: false, height: 480, frameRate: 30 }),
        ),
      );
      await page.goto(`${wire.url}/live/new`);
      await page.getByLabel("Title").fill("From my camera");
      await page.getByLabel("Microphone", { exact: true }).waitFor();
      assert.deepEqual(await axe(page), []);
      await page.getByRole("button", { name: "Go live" }).click();
      await page.getByText("Everything reaches the server").waitFor();
      assert.deepEqual(await axe(page), []);
      const link = await page.getByRole("link", { name: "Open the watch page" }).getAttribute("href");
      const id = link.split("/").at(-1);

      const start = begun(await shown(page, 800));
      const viewer = await context.newPage();
      await viewer.goto(`${url}/w/${id}`);
      await play(viewer, { timeout: 60_000 });
      await viewer.getByText("LIVE", { exact: true }).waitFor();
      const viewed = [];
      await until("pictures of the camera", async () => viewed.push(...(await shown(viewer, 1000))) >= 10, {
        timeout: 60_000,
      });
      const late = viewed.map(({ barcode, at }) => (at - start - barcode) % LOOP).sort((a, b) => a - b);
      console.log(
        `behind the preview: p50 ${Math.round(late[late.length >> 1])} ms, p95 ${Math.round(late[Math.floor(late.length * 0.95)])} ms of ${late.length} pictures`,
      );

      // The line is cut, and what the camera sees meanwhile waits in the page.
      wire.cut();
      await page.getByText("The connection was lost and is being sought.").waitFor();
      await until("the server knows", async () => (await api.video(id)).state === "interrupted");
      await page.waitForTimeout(5000);
      wire.mend();
      await page.getByText("Everything reaches the server").waitFor();
      await until("it is on again", async () => (await api.video(id)).state === "live");
      await page.getByRole("button", { name: "End the broadcast" }).click();
      await page.getByText("The broadcast has ended.").waitFor();

      const { items } = await api.call("GET", `/api/live/${id}/sessions`);
      assert.deepEqual(
        items.map(({ protocol }) => protocol),
        ["websocket", "websocket"],
      );
      const video = await api.ready(id);
      const frames = (await barcodes(await download(api, id, join(folder, "live.mp4")))).filter(
        ({ value }) => value !== null,
      );
      assert.ok(frames.length > 20 && video.duration_seconds > 5, `${frames.length} frames`);
      const holes = frames.slice(1).map((frame, index) => (frame.value - frames[index].value + LOOP) % LOOP);
      // What the cut had taken away would be five seconds at once; a busy machine leaves pictures out now and then.
      assert.ok(Math.max(...holes) < 4500, `${Math.max(...holes)} ms are missing`);
    } finally {
      wire.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
  {
    settings: ALLOWED,
    timeout: 240_000,
    problems: /ERR_CONNECTION|WebSocket|ERR_EMPTY_RESPONSE|Failed to load resource/,
  },
);
