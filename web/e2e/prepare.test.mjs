// Before a file is uploaded: trimmed without a trace of what was cut off, shrunk with progress, and asked about on a slow line.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bad, fatMp4 } from "./fixtures.mjs";
import { axe, suite, throttle, until } from "./kit.mjs";
import { chooseFiles, signedIn, uploadCard, watchLink } from "./pages.mjs";

const it = suite("prepare");
const execute = promisify(execFile);

/** Opens a file in the panel that stands before an upload. */
async function prepare(page, url, path) {
  await page.goto(`${url}/upload`);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Trim or shrink one first" }).click();
  await (await chooser).setFiles(path);
  const panel = page.getByRole("region", { name: "Before uploading" });
  await panel.waitFor();
  return panel;
}

/** Keeps the bytes that a page puts, for `sent`. */
const keepSent = (page) =>
  page.addInitScript(() => {
    globalThis.sent = [];
    const { send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.send = function (body) {
      if (body instanceof Blob) globalThis.sent.push(body);
      return send.call(this, body);
    };
  });

async function sent(page) {
  const text = await page.evaluate(async () => {
    const bytes = new Uint8Array(await new Blob(globalThis.sent).arrayBuffer());
    let letters = "";
    for (let at = 0; at < bytes.length; at += 0x8000)
      letters += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(letters);
  });
  return Buffer.from(text, "base64");
}

/** The barcode of every picture in a file, hidden ones too. */
async function pictures(page, path) {
  const band = "crop=iw:ih/24:0:ih/48,scale=34:1:flags=area,format=gray";
  const words = ["-v", "error", "-ignore_editlist", "1", "-i", path, "-an", "-vf", band, "-vsync", "passthrough"];
  const { stdout } = await execute("ffmpeg", [...words, "-f", "rawvideo", "-"], { encoding: "buffer" });
  const rows = Array.from({ length: stdout.length / 34 }, (_, row) => [...stdout.subarray(row * 34, row * 34 + 34)]);
  return page.evaluate((all) => all.map((row) => globalThis.e2e.decode(row)), rows);
}

it("a trim takes a moment and leaves nothing of what was cut off", async ({ page, url }) => {
  await keepSent(page);
  const api = await signedIn(page, url);
  const { path } = await fatMp4(24);
  const panel = await prepare(page, url, path);
  await panel.getByRole("slider", { name: "Start" }).fill("5.3");
  await panel.getByRole("slider", { name: "End" }).fill("15");
  assert.deepEqual(await axe(page), []);
  await panel.getByRole("button", { name: "Trim and upload" }).click();
  await page.getByText("It begins at 0:06", { exact: false }).waitFor();
  const { id } = await watchLink(uploadCard(page, "fat-24.mp4"));
  const [entry] = await page.evaluate(() => performance.getEntriesByName("vitascope.prepare.run"));
  console.log(`copy-trim of a 24 s clip: ${Math.round(entry.duration)} ms`);
  // It copies: an encode would take several times as long. The bench of the same name has the limit, on a machine of its own.
  assert.ok(entry.duration < 3000, `${entry.duration} ms`);

  const folder = await mkdtemp(join(tmpdir(), "vitascope-trim-"));
  try {
    const result = join(folder, "result.mp4");
    await writeFile(result, await sent(page));
    const seen = await pictures(page, result);
    assert.equal(seen.length, 270, "nine seconds, and no picture that an edit list hides");
    assert.equal(seen[0], 6000);
    assert.ok(seen.every((value) => value !== null && value >= 6000 && value < 15_000));
    const probe = ["-v", "error", "-show_entries", "stream=codec_type,start_time", "-of", "csv=p=0", result];
    const { stdout } = await execute("ffprobe", probe);
    const starts = stdout
      .trim()
      .split("\n")
      .map((line) => Number(line.split(",")[1]));
    assert.equal(starts.length, 2, "picture and sound");
    assert.ok(Math.abs(starts[0] - starts[1]) < 0.06, `sound and picture begin together: ${starts}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const video = await api.ready(id, { timeout: 60_000 });
  assert.ok(Math.abs(video.duration_seconds - 9) < 0.1, `${video.duration_seconds} s`);
});

it("shrinking shows how far it is, can be stopped, and the server copies its result", async ({ page, url }) => {
  const api = await signedIn(page, url);
  const { path } = await fatMp4(24);
  const panel = await prepare(page, url, path);
  await panel.getByLabel("Size").selectOption("360");
  await panel.getByText(/About .* of work on this device/).waitFor();
  await panel.getByRole("button", { name: "Shrink and upload" }).click();
  const bar = panel.getByRole("progressbar", { name: "Progress of the preparation" });
  const shares = [];
  await until("some progress", async () => {
    shares.push(Number(await bar.getAttribute("aria-valuenow")));
    return shares.at(-1) >= 10;
  });
  assert.ok(new Set(shares).size > 2, `it moves: ${[...new Set(shares)]}`);
  const began = Date.now();
  await panel.getByRole("button", { name: "Stop" }).click();
  await bar.waitFor({ state: "detached" });
  console.log(`a shrink ends ${Date.now() - began} ms after Stop`);
  assert.equal((await api.call("GET", "/api/me/uploads")).items.length, 0, "nothing was sent");

  await panel.getByRole("slider", { name: "End" }).fill("3");
  await panel.getByLabel("Size").selectOption("720");
  await panel.getByRole("button", { name: "Trim, shrink and upload" }).click();
  const { id } = await watchLink(uploadCard(page, "fat-24.mp4"));
  const video = await api.ready(id, { timeout: 60_000 });
  assert.equal(video.height, 720);
  assert.ok(Math.abs(video.duration_seconds - 3) < 0.1, `${video.duration_seconds} s`);
  assert.ok(
    video.rungs.some(({ kind, copied }) => kind === "video" && copied),
    `its picture needs no encode on the server: ${JSON.stringify(video.plan)}`,
  );
});

it("a slow line is told what shrinking would save, and the smaller file takes the place of the large one", async ({
  page,
  url,
}) => {
  const api = await signedIn(page, url);
  const { path } = await fatMp4(24);
  await page.goto(`${url}/upload`);
  const line = await throttle(page, { up: 50_000 });
  await chooseFiles(page, url, path);
  const card = uploadCard(page, "fat-24.mp4");
  await card.getByLabel("Title").fill("Kept words");
  await card.getByText("This line is slow.", { exact: false }).waitFor({ timeout: 60_000 });
  assert.deepEqual(await axe(page), []);
  await card.getByRole("button", { name: "Shrink it" }).click();
  await card.getByText("Paused").waitFor();
  await line({});
  const panel = card.getByRole("region", { name: "Before uploading" });
  await panel.getByRole("slider", { name: "End" }).fill("3");
  await panel.getByRole("button", { name: "Trim, shrink and upload" }).click();
  const { id } = await watchLink(uploadCard(page, "fat-24.mp4"));
  assert.equal((await api.video(id)).title, "Kept words");
  assert.equal((await api.call("GET", "/api/me/videos")).items.length, 1, "the large one is gone");
});

it("what the browser cannot read can still be uploaded as it is", async ({ page, url }) => {
  await signedIn(page, url);
  const panel = await prepare(page, url, await bad.text());
  await panel.getByText("This browser cannot read the picture of this file.").waitFor();
  assert.deepEqual(await axe(page), []);
  await panel.getByRole("button", { name: "Upload as it is" }).click();
  await uploadCard(page, "text.mp4").waitFor();
});
