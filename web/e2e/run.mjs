// Runs the browser tests: `node web/e2e/run.mjs [part of a file name …]`. One server for all files, so that its start and
// the making of clips are paid once; a file that needs a server of its own starts one.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "./kit.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith(".test.mjs") && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .sort();
if (files.length === 0) {
  console.error(`no test file is called ${wanted.join(" or ")}`);
  process.exit(2);
}
rmSync(join(here, "../test-results"), { recursive: true, force: true });

// Ends by `exit`, which takes the server with it.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const server = await startServer();
const clips = mkdtempSync(join(tmpdir(), "vitascope-clips-"));
process.once("exit", () => rmSync(clips, { recursive: true, force: true }));
// One file at a time: two browsers that decode and an encoder on two cores measure each other.
const words = ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files.map((name) => join(here, name))];
const tests = spawn(process.execPath, words, {
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, VITASCOPE_URL: server.url, VITASCOPE_E2E_CLIPS: clips },
});
const code = await new Promise((resolve) => tests.once("exit", (status) => resolve(status ?? 1)));
if (code !== 0) console.log(`\nthe server said last:\n${server.log.slice(-60).join("\n")}`);
await server.stop();
process.exit(code);
