// Watching what somebody else still uploads by the page: the pictures are there long before the bytes are.
import assert from "node:assert/strict";
import { fatMp4, fatWebm } from "./fixtures.mjs";
import { suite, throttle, until } from "./kit.mjs";
import { chooseFiles, signedIn, uploadCard, watchLink } from "./pages.mjs";
import { play, progress, sampleFrames, seek, stateOf, videoOf } from "./player.mjs";
import { playlistsOf, sum } from "./playlists.mjs";

const it = suite("arriving");

/** Bytes per second: so slow that whoever looks is there long before the last part, also on a busy machine. */
const LINE = 900_000;

const files = {
  "an MP4 whose index stands at its end": fatMp4,
  "a WebM": fatWebm,
};

for (const [what, make] of Object.entries(files)) {
  it(
    `${what} is watched in another tab while most of it is still on the uploader's disk`,
    async ({ page, url, context }) => {
      const { path, seconds } = await make();
      const api = await signedIn(page, url);
      await page.goto(`${url}/upload`);
      const uplink = await throttle(page, { up: LINE });
      await chooseFiles(page, url, path);
      const card = uploadCard(page, path.split("/").at(-1));
      const { id } = await watchLink(card);

      const viewer = await context.newPage();
      await viewer.goto(`${url}/w/${id}`);
      await play(viewer, { timeout: 30_000 });
      const frames = await sampleFrames(viewer, 1500);
      await viewer.getByText("Still being uploaded").waitFor();
      const { state } = await api.video(id);
      const { received } = await api.call("GET", `/api/videos/${id}/upload`);
      const bytes = received.reduce((sum, { size }) => sum + size, 0);
      const { size } = await api
        .call("GET", "/api/me/uploads")
        .then(({ items }) => items.find((item) => item.id === id));
      assert.equal(state, "uploading");
      assert.ok(bytes < size * 0.7, `${bytes} of ${size} bytes were there when it played`);
      assertInPlace(frames);
      assert.ok(Math.abs((await stateOf(viewer)).duration - seconds) < 0.5, "the bar is as long as the video");

      // The rest of the line at full speed: the page that plays goes on, over the end of the upload, to the end.
      await uplink({});
      await until("the whole list", async () => (await lengthOf(url, await api.video(id))) > seconds - 0.3, {
        timeout: 60_000,
      });
      await seek(viewer, seconds - 4);
      await videoOf(viewer).evaluate((video) => video.play());
      await progress(viewer, 1);
      assertInPlace(await sampleFrames(viewer, 1000));
      await api.call("DELETE", `/api/videos/${id}`);
    },
    { timeout: 180_000 },
  );
}

/** How much can be played, in seconds. */
async function lengthOf(url, video) {
  const { lists } = await playlistsOf(url, video);
  return Math.min(...lists.map(({ durations }) => sum(durations)));
}

/** Each picture is the one of its time, and they go on. */
function assertInPlace(frames) {
  const drift = frames.map(({ barcode, mediaTime }) => (barcode === null ? null : barcode - mediaTime * 1000));
  assert.ok(
    drift.length > 10 && drift.every((value) => value !== null && Math.abs(value) < 50),
    `pictures out of their place: ${drift}`,
  );
  assert.ok(frames.at(-1).barcode > frames[0].barcode, "the pictures go on");
}
