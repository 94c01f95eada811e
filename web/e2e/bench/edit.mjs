// An edit of a 60 s 720p video, twice cut in the middle: from `PUT /edit` until what viewers ask for is the new version, five times with other
// cuts; and in the editor, how long the preview stands at a cut.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "../api.mjs";
import { previewJump } from "../editor.mjs";
import { fatMp4 } from "../fixtures.mjs";
import { openBrowser, startServer, until } from "../kit.mjs";
import { stateOf } from "../player.mjs";
import { playheadTo, signedInAs } from "../states.mjs";

const [seconds = 60] = process.argv.slice(2).map(Number);
/** Milliseconds. */
const [VIEWERS, PREVIEW] = [5000, 500];
const RUNS = 5;
const folder = mkdtempSync(join(tmpdir(), "vitascope-edit-"));
process.env.VITASCOPE_E2E_CLIPS = folder;
const server = await startServer();
const browser = await openBrowser();
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const list = (values) => values.map(Math.round).join(", ");

try {
  const api = await Api.register(server.url);
  const id = await api.upload((await fatMp4(seconds)).path);
  await api.ready(id, { timeout: 1_800_000 });
  const sees = async (playlist) => (await fetch(server.url + playlist)).text();
  const { duration_us: whole } = await api.call("GET", `/api/videos/${id}/edit`);
  const waits = [];
  for (let run = 0; run < RUNS; run += 1) {
    const at = (share) => Math.round(whole * share + run * 170_000);
    const keep = [
      { start_us: at(0.05), end_us: at(0.3) },
      { start_us: at(0.45), end_us: at(0.6) },
      { start_us: at(0.75), end_us: at(0.9) },
    ];
    const kept = keep.reduce((sum, span) => sum + span.end_us - span.start_us, 0) / 1e6;
    const began = performance.now();
    const { version } = await api.call("PUT", `/api/videos/${id}/edit`, { version: run, keep });
    const edited = await api.waitFor(
      id,
      "the edit",
      (video) => video.edit === version && Math.abs(video.duration_seconds - kept) < 0.1,
      { timeout: 120_000, every: 20 },
    );
    const rung = edited.rungs.find(({ kind }) => kind === "video").name;
    const playlist = await sees(edited.playback.hls_url.replace("master", `${rung}/index`));
    waits.push(performance.now() - began);
    if (!playlist.includes(`e${version}/`)) throw new Error(`viewers have another version:\n${playlist}`);
  }
  console.log(`viewers have an edit after ${list(waits)} ms, median ${Math.round(median(waits))} (at most ${VIEWERS})`);

  const page = await (await browser.newContext()).newPage();
  await signedInAs(page, server.url, api);
  const jumps = [];
  for (let run = 0; run < RUNS; run += 1) {
    const { version } = await api.call("GET", `/api/videos/${id}/edit`);
    const [from, to] = [10_000 + run * 3000, 25_000 + run * 3000].map((ms) => Math.min(ms, seconds * 1000 - 3000));
    await api.call("PUT", `/api/videos/${id}/edit`, {
      version,
      keep: [
        { start_us: 0, end_us: from * 1000 },
        { start_us: to * 1000, end_us: whole },
      ],
    });
    await until("the edit", async () => (await api.call("GET", `/api/videos/${id}/edit`)).state === "done", {
      timeout: 60_000,
    });
    await page.goto(`${server.url}/edit/${id}`);
    await page.getByRole("slider", { name: "Playhead" }).waitFor();
    await until("a picture", async () => (await stateOf(page)).readyState >= 2);
    await playheadTo(page, from / 1000 - 1);
    await page.keyboard.press("k");
    jumps.push((await previewJump(page, { from: from + 40, to: to - 40, until: to + 300 })).took);
  }
  console.log(`preview of a cut: ${list(jumps)} ms, median ${Math.round(median(jumps))} (at most ${PREVIEW})`);
  process.exitCode = median(waits) <= VIEWERS && median(jumps) <= PREVIEW ? 0 : 1;
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
