// A long take by the record page's own buttons: a tab with the camera's bubble, microphone and the tab's sound. On the way the network is cut for
// a while, and the server is killed and started again. Says how long it takes from stop to playable with the whole duration, what of
// the take is there, and how far sound and picture are apart at its start and end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser, startServer, until } from "../kit.mjs";
import { signedIn } from "../pages.mjs";
import {
  ALLOWED,
  barcodes,
  begin,
  clock,
  deviceFlags,
  download,
  openRecorder,
  openTab,
  soundOffsets,
} from "../recorder.mjs";

const [seconds = 300, cut = 60] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "vitascope-take-"));
process.env.VITASCOPE_E2E_CLIPS = folder;
const data = join(folder, "data");
let server = await startServer({ data });
const browser = await openBrowser({ flags: await deviceFlags() });
try {
  const context = await browser.newContext(ALLOWED);
  const page = await context.newPage();
  const api = await signedIn(page, server.url);
  const source = await openTab(context);
  await page.bringToFront();
  await openRecorder(page, server.url, { source: "browser", bubble: true });
  await begin(page);
  await source.tab.evaluate(() => void globalThis.blink());
  const at = (wanted) =>
    until(`${wanted} s of recording`, async () => (await clock(page)) >= wanted, { timeout: wanted * 2000 + 20_000 });

  await at(Math.round(seconds / 4));
  await context.setOffline(true);
  console.log(`${await clock(page)} s: the network is cut`);
  await at(Math.round(seconds / 4) + cut);
  await context.setOffline(false);
  console.log(`${await clock(page)} s: the network is back`);
  await at(Math.round((seconds * 2) / 3));
  await server.kill();
  console.log(`${await clock(page)} s: the server is killed`);
  server = await startServer({ data, listen: new URL(server.url).host });
  await at(seconds);

  const stopped = performance.now();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.waitForURL("**/w/*", { timeout: 60_000 });
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const whole = ({ playable, state, duration_seconds: duration }) =>
    playable && state !== "uploading" && duration >= seconds - 2;
  await api.waitFor(id, "playable", whole, { timeout: 600_000, every: 20 });
  console.log(`stop → playable with the whole duration: ${((performance.now() - stopped) / 1000).toFixed(2)} s`);
  await api.ready(id, { timeout: 3_600_000 });
  const file = await download(api, id, join(folder, "take.mp4"));
  const frames = await barcodes(file);
  const read = frames.filter(({ value }) => value !== null);
  const gaps = read.slice(1).map((frame, index) => frame.value - read[index].value);
  const span = (read.at(-1).value - read[0].value) / 1000;
  console.log(
    `${frames.length} frames, ${read.length} barcodes over ${span.toFixed(1)} s, longest gap ${Math.max(...gaps)} ms`,
  );
  const offsets = await soundOffsets(file);
  const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]?.toFixed(0);
  console.log(
    `sound after picture: ${middle(offsets.slice(0, 10))} ms at the start, ${middle(offsets.slice(-10))} ms at the end`,
  );
  process.exitCode = Math.max(...gaps) < 1000 && span >= seconds - 2 ? 0 : 1;
  source.close();
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
