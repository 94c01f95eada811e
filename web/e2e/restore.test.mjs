// What a backup is for: another folder, another server, and the video plays there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { Api } from "./api.mjs";
import { shortMp4 } from "./fixtures.mjs";
import { binary, openBrowser, startServer, watchForProblems } from "./kit.mjs";
import { movement, play, sampleFrames } from "./player.mjs";

/** Runs a word of the program, with nothing of the developer's own configuration. */
function vitascope(...words) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITASCOPE_")));
  return promisify(execFile)(binary(), words, { env });
}

test("restore: a backup of a running server plays on another one", { timeout: 180_000 }, async () => {
  const place = await mkdtemp(join(tmpdir(), "vitascope-restore-"));
  const [backup, data] = [join(place, "backup"), join(place, "data")];
  let server = await startServer();
  const browser = await openBrowser();
  try {
    const api = await Api.register(server.url);
    const id = await api.upload(await shortMp4(), { visibility: "public" });
    await api.ready(id, { timeout: 90_000 });
    await vitascope("backup", "--data", server.data, "--to", backup);
    await server.stop();
    await vitascope("restore", "--from", backup, "--data", data);
    const { stdout } = await vitascope("verify", "--json", "--data", data);
    assert.deepEqual(JSON.parse(stdout).missing, []);
    server = await startServer({ data });
    const page = await (await browser.newContext()).newPage();
    const problems = watchForProblems(page);
    await page.goto(`${server.url}/w/${id}`);
    await play(page);
    const frames = await sampleFrames(page, 2000);
    assert.ok(movement(frames) >= frames.length / 3 && frames.length >= 10, `${frames.length} frames`);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
    await server.stop();
    await rm(place, { recursive: true, force: true });
  }
});
