// The editor: cut by hand and by keys, seen at once, saved, and gone for who watches.
import assert from "node:assert/strict";
import { Api } from "./api.mjs";
import { previewJump } from "./editor.mjs";
import { shortMp4 } from "./fixtures.mjs";
import { axe, suite, until } from "./kit.mjs";
import { play, seek, stateOf, videoOf } from "./player.mjs";
import { playheadTo, signedInAs } from "./states.mjs";

const it = suite("edit");

/** The time that the picture says, in milliseconds of the whole video. */
const barcode = (page) => videoOf(page).evaluate((video) => globalThis.e2e.readBarcode(video));

const edit = (owner, id) => owner.call("GET", `/api/videos/${id}/edit`);

it("cuts the middle and both ends by keys alone, and viewers get just that", async ({ page, url, context }) => {
  const owner = await Api.register(url);
  const id = await owner.upload(await shortMp4(), { title: "Eight seconds" });
  await owner.ready(id, { timeout: 120_000 });
  await signedInAs(page, url, owner);
  await page.goto(`${url}/w/${id}`);
  await page.getByRole("link", { name: "Edit video" }).press("Enter");
  await page.getByRole("slider", { name: "Playhead" }).waitFor();
  await until("a picture", async () => (await stateOf(page)).readyState >= 2);

  await playheadTo(page, 1);
  await page.keyboard.press("i");
  await playheadTo(page, 7);
  await page.keyboard.press("o");
  await playheadTo(page, 3);
  await page.keyboard.press("s");
  await playheadTo(page, 5);
  await page.keyboard.press("s");
  await playheadTo(page, 4);
  await page.keyboard.press("x");
  await page.getByText("0:04.00 of 0:08.00 is kept").waitFor();
  await page.keyboard.press("Control+z");
  await page.getByText("0:06.00 of 0:08.00 is kept").waitFor();
  await page.keyboard.press("Control+Shift+z");
  await page.getByText("0:04.00 of 0:08.00 is kept").waitFor();
  assert.deepEqual(await axe(page), []);

  // The preview leaves the middle out, at once.
  await playheadTo(page, 2);
  await page.keyboard.press("k");
  const { inside, took } = await previewJump(page, { from: 3040, to: 4960, until: 5300 });
  assert.deepEqual(inside, [], "frames that are cut were played");
  console.log(`preview of a cut: ${Math.round(took)} ms`);
  assert.ok(took < 1500, `${took} ms`);
  await page.keyboard.press("k");

  const began = Date.now();
  await page.getByRole("button", { name: "Save", exact: true }).press("Enter");
  await until("the edit", async () => (await edit(owner, id)).state === "done", { timeout: 60_000 });
  console.log(`viewers have it after ${Date.now() - began} ms`);
  await page.getByText("Saved. Viewers get this edit now.").waitFor();
  const saved = await edit(owner, id);
  const near = ({ start_us, end_us }) => [Math.round(start_us / 1e5) / 10, Math.round(end_us / 1e5) / 10];
  assert.deepEqual(saved.keep.map(near), [
    [1, 3],
    [5, 7],
  ]);

  // A viewer's frames are those, in this order.
  const viewer = await context.newPage();
  await viewer.goto(`${url}/w/${id}`);
  await play(viewer);
  await videoOf(viewer).evaluate((video) => video.pause());
  assert.ok(Math.abs((await stateOf(viewer)).duration - 4) < 0.1);
  for (const [at, wanted] of [
    [0.05, 1050],
    [1.95, 2950],
    [2.05, 5050],
    [3.9, 6900],
  ]) {
    await seek(viewer, at);
    const shown = await until("a frame", () => barcode(viewer));
    assert.ok(Math.abs(shown - wanted) < 60, `at ${at} s is shown ${shown}, not ${wanted}`);
  }
  await viewer.close();

  // Back to all of it; the page of somebody who watches takes the change in.
  const watching = await context.newPage();
  await watching.goto(`${url}/w/${id}`);
  await play(watching);
  await page.getByRole("button", { name: "Back to the original" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Back to the original" }).click();
  await until(
    "the original",
    async () => (await edit(owner, id)).version === 2 && (await edit(owner, id)).state === "done",
    {
      timeout: 60_000,
    },
  );
  await until("the whole video in the other page", async () => Math.abs((await stateOf(watching)).duration - 8) < 0.2, {
    timeout: 30_000,
  });

  // The cut of before is loaded from the history, can be undone, and comes back when it is saved.
  await page.getByText("Saved. Viewers get this edit now.").waitFor();
  await page.getByText("Earlier versions (2)").click();
  assert.deepEqual(await axe(page), []);
  await page
    .getByRole("button", { name: /^Load: Saved/ })
    .last()
    .press("Enter");
  await page.getByText("0:04.00 of 0:08.00 is kept").waitFor();
  await page.getByText("Loaded. Viewers get it when you save.").waitFor();
  await page.keyboard.press("Control+z");
  await page.getByText("0:08.00 of 0:08.00 is kept").waitFor();
  await page.keyboard.press("Control+Shift+z");
  await page.getByRole("button", { name: "Save", exact: true }).press("Enter");
  await until(
    "the third version",
    async () => {
      const { version, state } = await edit(owner, id);
      return version === 3 && state === "done";
    },
    { timeout: 60_000 },
  );
  assert.deepEqual((await edit(owner, id)).keep.map(near), [
    [1, 3],
    [5, 7],
  ]);
  await until("the cut in the other page", async () => Math.abs((await stateOf(watching)).duration - 4) < 0.1, {
    timeout: 30_000,
  });
});

it(
  "is drawn by a finger: the border of a piece is dragged",
  async ({ page, url }) => {
    const owner = await Api.register(url);
    const id = await owner.upload(await shortMp4(), { title: "Eight seconds" });
    await owner.ready(id, { timeout: 120_000 });
    await signedInAs(page, url, owner);
    await page.goto(`${url}/edit/${id}`);
    await page.getByRole("slider", { name: "Playhead" }).waitFor();
    await playheadTo(page, 2);
    await page.getByRole("button", { name: "Split" }).click();
    await page.getByRole("button", { name: /^Cut out 0:00.00/ }).click();
    await page.getByText("0:06.00 of 0:08.00 is kept").waitFor();
    const border = await page.getByRole("slider", { name: "Border 1" }).boundingBox();
    const y = border.y + border.height / 2;
    await page.mouse.move(border.x + border.width / 2, y);
    await page.mouse.down();
    for (const step of [30, 60, 90, 120]) await page.mouse.move(border.x + border.width / 2 + step, y);
    await page.mouse.up();
    const kept = await page.getByText(/ of 0:08.00 is kept/).textContent();
    assert.ok(Number.parseFloat(kept.slice(2)) < 5.6, kept);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("0:06.00 of 0:08.00 is kept").waitFor();
    assert.deepEqual(await page.evaluate(() => globalThis.innerWidth >= document.documentElement.scrollWidth), true);
  },
  { settings: { viewport: { width: 390, height: 844 } } },
);
