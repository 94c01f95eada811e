// SSIM of each of our rungs against the source, beside the same rung of one hand-written command, and the bits of both.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startServer } from "../kit.mjs";
import { byHand, download, ours, rungsOf, sources } from "./ladder-tools.mjs";

const SECONDS = Number(process.argv[2] ?? 20);
const WORSE = 0.002;

const folder = mkdtempSync(join(tmpdir(), "vitascope-quality-"));
process.env.VITASCOPE_E2E_CLIPS = folder;
const server = await startServer();
try {
  for (const source of await sources(SECONDS)) {
    const mine = await ours(server, source);
    const { files } = await byHand(source, folder);
    for (const [index, [height]] of rungsOf(source).entries()) {
      const path = join(folder, "ours.mp4");
      await download(mine.api, mine.video, `${height}p`, path);
      const rung = [path, files[index]];
      const [our, hand] = [await ssim(rung[0], source.path), await ssim(rung[1], source.path)];
      const [ourRate, handRate] = rung.map((file) => (statSync(file).size * 8) / SECONDS / 1000);
      const verdict = hand - our <= WORSE ? "" : `, worse by more than ${WORSE}`;
      if (verdict !== "") process.exitCode = 1;
      const [a, b] = [our, hand].map((value) => value.toFixed(4));
      console.log(
        `${source.name} ${height}p: ours ${a} at ${ourRate.toFixed(0)} kbit/s; by hand ${b} at ${handRate.toFixed(0)} kbit/s${verdict}`,
      );
    }
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Frame by frame, at the size of the source: what a viewer's screen would show. */
async function ssim(rung, source) {
  const graph = "[1:v]setpts=N/30/TB[s];[0:v]scale=1920:1080:flags=bicubic,setpts=N/30/TB[r];[r][s]ssim=shortest=1";
  const words = [
    "-hide_banner",
    "-nostdin",
    "-i",
    rung,
    "-i",
    source,
    "-filter_complex",
    graph,
    "-an",
    "-f",
    "null",
    "-",
  ];
  const { stderr } = await promisify(execFile)("ffmpeg", words, { maxBuffer: 1 << 22 });
  return Number(/SSIM .*All:([0-9.]+)/.exec(stderr)[1]);
}
