// What a browser does to a file before it is uploaded, by the upload page's own panel: a trim of a 24 s clip, 720p H.264 and AAC, from the
// press of the button to the new file, median of 5; then the same clip shrunk to 720p and to 360p.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fatMp4 } from "../fixtures.mjs";
import { openBrowser, startServer, until } from "../kit.mjs";
import { signedIn } from "../pages.mjs";

/** The most that a trim may take, in milliseconds. */
const LIMIT = 500;
const folder = mkdtempSync(join(tmpdir(), "vitascope-prepare-"));
process.env.VITASCOPE_E2E_CLIPS = folder;
const server = await startServer();
const browser = await openBrowser();

/** Milliseconds of one preparation of the clip in a page of its own. */
async function measure(page, { start, end, size }) {
  const { path } = await fatMp4(24);
  await page.goto(`${server.url}/upload`);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Trim or shrink one first" }).click();
  await (await chooser).setFiles(path);
  const panel = page.getByRole("region", { name: "Before uploading" });
  if (start !== undefined) await panel.getByRole("slider", { name: "Start" }).fill(String(start));
  if (end !== undefined) await panel.getByRole("slider", { name: "End" }).fill(String(end));
  if (size !== undefined) {
    await panel.getByLabel("Size").selectOption(String(size));
    await panel.getByText(/About .* of work on this device/).waitFor({ timeout: 60_000 });
  }
  await panel.getByRole("button", { name: /(Trim|Shrink) and upload/ }).click();
  const done = () => page.evaluate(() => performance.getEntriesByName("vitascope.prepare.run")[0]?.duration);
  const duration = await until("the new file", done, { timeout: 120_000 });
  page.once("dialog", (dialog) => dialog.accept());
  return duration;
}

try {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signedIn(page, server.url);
  const trims = [];
  for (let run = 0; run < 5; run += 1) trims.push(await measure(page, { start: 5.3, end: 15 }));
  const median = trims.toSorted((a, b) => a - b)[2];
  console.log(`copy-trim: ${trims.map(Math.round).join(", ")} ms, median ${Math.round(median)} ms (at most ${LIMIT})`);
  for (const size of [720, 360]) {
    const took = await measure(page, { size });
    console.log(`shrunk to ${size}p: ${(took / 1000).toFixed(1)} s, ${(24_000 / took).toFixed(1)} × real time`);
  }
  process.exitCode = median <= LIMIT ? 0 : 1;
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
