// Sharing: the dialog of the owner and of viewers, links with a password and an end, and what whoever opens them meets.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Api } from "./api.mjs";
import { shortMp4 } from "./fixtures.mjs";
import { axe, suite, until } from "./kit.mjs";
import { signedIn } from "./pages.mjs";
import { play, stateOf } from "./player.mjs";

const it = suite("share");

/** A private video of whoever the page is signed in as. */
async function privateVideo(api, title = "A secret plan") {
  const id = await api.upload(await shortMp4(), { title, visibility: "private" });
  await api.ready(id, { timeout: 60_000 });
  return id;
}

async function openDialog(page) {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  return page.getByRole("dialog", { name: "Share this video" });
}

/** What a camera reads from the code that the page shows. */
async function scan(picture) {
  const { readBarcodes, prepareZXingModule } = await import("zxing-wasm/reader");
  const wasm = createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm");
  await prepareZXingModule({ overrides: { wasmBinary: (await readFile(wasm)).buffer }, fireImmediately: true });
  const found = await readBarcodes(await picture.screenshot(), { formats: ["QRCode"] });
  return found.map(({ text }) => text);
}

it("the owner keeps the file to themselves: others watch, and are offered no download", async ({
  page,
  url,
  context,
}) => {
  const api = await signedIn(page, url);
  const id = await api.upload(await shortMp4(), { title: "To watch only", visibility: "unlisted" });
  await api.ready(id, { timeout: 60_000 });
  const viewer = await context.browser().newContext();
  try {
    const theirs = await viewer.newPage();
    await theirs.goto(`${url}/w/${id}`);
    const file = await theirs.getByRole("link", { name: "Download" }).getAttribute("href");
    assert.equal((await fetch(url + file)).status, 200);
    await page.goto(`${url}/w/${id}`);
    const dialog = await openDialog(page);
    const allowed = dialog.getByLabel("Others may download it");
    assert.ok(await allowed.isChecked());
    await allowed.press("Space");
    await dialog.getByText("Others can only watch it here.").waitFor();
    await until("the change", async () => (await api.video(id)).allow_download === false);
    assert.deepEqual(await axe(page), []);
    await theirs.getByRole("link", { name: "Download" }).waitFor({ state: "detached" });
    assert.equal((await fetch(url + file)).status, 404, "what was given out before");
    await dialog.getByRole("button", { name: "Close" }).last().click();
    const own = await page.getByRole("link", { name: "Download" }).getAttribute("href");
    assert.equal((await fetch(url + own)).status, 200, "the owner's own");
  } finally {
    await viewer.close();
  }
});

it("the owner makes a link with a password by keyboard, a stranger opens it, and it is taken back", async ({
  page,
  url,
  context,
}) => {
  const api = await signedIn(page, url);
  const id = await privateVideo(api);
  await page.goto(`${url}/w/${id}`);
  await page.getByRole("button", { name: "Share", exact: true }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Share this video" });
  await dialog.getByText("Only you can open it while the video is private", { exact: false }).waitFor();
  await dialog.getByRole("button", { name: "New private link" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("open sesame");
  await page.keyboard.press("Enter");
  const field = dialog.getByLabel("Your new link");
  await field.waitFor();
  const link = await field.inputValue();
  assert.ok(link.startsWith(`${url}/w/${id}?share=`), link);
  await dialog.getByText("not opened yet", { exact: false }).waitFor();
  assert.deepEqual(await axe(page), []);

  const stranger = await (await context.browser().newContext()).newPage();
  try {
    const told = [];
    stranger.on("response", async (answer) => told.push(await answer.text().catch(() => "")));
    await stranger.goto(link);
    await stranger.getByRole("heading", { name: "This video has a password" }).waitFor();
    await stranger.getByLabel("Password of the link").fill("open says me");
    await stranger.keyboard.press("Enter");
    await stranger.getByText("This password does not open the link.", { exact: false }).waitFor();
    assert.equal(await stranger.title(), "This video has a password · Vitascope");
    assert.ok(!told.join().includes("A secret plan"), "nothing of the video is told before the password");
    const { default: engine } = await import("axe-core");
    await stranger.evaluate(engine.source);
    const { violations } = await stranger.evaluate(() => globalThis.axe.run(document));
    assert.deepEqual(
      violations.map(({ id: rule }) => rule),
      [],
    );
    await stranger.getByLabel("Password of the link").fill("open sesame");
    await stranger.keyboard.press("Enter");
    await stranger.getByRole("heading", { name: "A secret plan" }).waitFor();
    await stranger.locator("video").evaluate((video) => video.play());
    await until("pictures", () => stranger.locator("video").evaluate((video) => video.currentTime > 0.5));
    assert.equal(await stranger.getByRole("link", { name: "Download" }).count(), 0);
    await stranger.reload();
    await stranger.getByRole("heading", { name: "A secret plan" }).waitFor();

    await dialog.getByRole("button", { name: /^Take back the link/ }).click();
    await dialog.getByText("opened", { exact: false }).first().waitFor();
    await dialog.getByRole("button", { name: "Take back", exact: true }).click();
    await stranger.getByRole("heading", { name: "This link does not work any more" }).waitFor();
    await stranger.getByRole("button", { name: "Open it again" }).click();
    await stranger.getByRole("heading", { name: "This link does not work any more" }).waitFor();
  } finally {
    await stranger.context().close();
  }
});

it("a link that lets download shows how, is passed on as it is, and stands in a code that a camera reads", async ({
  page,
  url,
}) => {
  const api = await Api.register(url);
  const id = await privateVideo(api);
  const made = await api.call("POST", `/api/videos/${id}/links`, { allow_download: true });
  await page.goto(url + made.url);
  await page.getByRole("heading", { name: "A secret plan" }).waitFor();
  await play(page);
  await until("pictures", async () => (await stateOf(page)).presented > 3);
  await page.getByRole("link", { name: "Download" }).waitFor();
  const dialog = await openDialog(page);
  assert.equal(await dialog.getByLabel("Link").inputValue(), url + made.url);
  assert.equal(await dialog.getByLabel("Visibility").count(), 0, "who may see it is its owner's to say");
  await dialog.getByRole("button", { name: "Show QR code" }).click();
  const code = dialog.getByRole("img", { name: "The link as a QR code" });
  await code.locator("path").waitFor({ state: "attached" });
  assert.deepEqual(await scan(code), [url + made.url]);
  assert.deepEqual(await axe(page), []);
});

it(
  "the owner changes who may see a video in the dialog, and the code for other sites follows",
  async ({ page, url }) => {
    const api = await signedIn(page, url);
    const id = await privateVideo(api, "Soon public");
    await page.goto(`${url}/w/${id}`);
    const dialog = await openDialog(page);
    assert.equal(await dialog.getByLabel("Code for another site").count(), 0);
    await dialog.getByLabel("Visibility").selectOption("unlisted");
    await dialog.getByLabel("Code for another site").waitFor();
    assert.equal((await api.video(id)).visibility, "unlisted");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    const focused = await page.evaluate(() => document.activeElement?.textContent);
    assert.equal(focused, "Share", "the focus is back where it was");
  },
  // What the player had asked for by the old grant, which ended with the old visibility.
  { problems: /404/ },
);
