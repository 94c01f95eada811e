// Our server's whole ladder of a 1080p file against one hand-written command with the same rungs, rate control and preset:
// processor and wall seconds, alternating, medians and their ratio.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../kit.mjs";
import { byHand, median, ours, sources } from "./ladder-tools.mjs";

const [RUNS, SECONDS] = [Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 60)];
const ONLY = process.argv[4];
const GOAL = 1.15;

const folder = mkdtempSync(join(tmpdir(), "vitascope-ladder-"));
process.env.VITASCOPE_E2E_CLIPS = folder;
const server = await startServer();
try {
  for (const source of (await sources(SECONDS)).filter(({ name }) => !ONLY || name === ONLY)) {
    const figures = { ours: [], hand: [] };
    for (let run = 1; run <= RUNS; run += 1) {
      const mine = await ours(server, source);
      await mine.api.call("DELETE", `/api/videos/${mine.video.id}`);
      const hand = await byHand(source, folder);
      figures.ours.push(mine);
      figures.hand.push(hand);
      const text = ({ cpu, wall }) => `${cpu.toFixed(1)} CPU s, ${wall.toFixed(1)} s`;
      const own = `${mine.self.toFixed(1)} of them in the server itself`;
      console.log(`${source.name}, run ${run}: ours ${text(mine)} (${own}); by hand ${text(hand)}`);
    }
    for (const what of ["cpu", "wall"]) {
      const [mine, hand] = [figures.ours, figures.hand].map((all) => median(all.map((figure) => figure[what])));
      const ratio = mine / hand;
      console.log(
        `${source.name}: ${what} ${mine.toFixed(1)} s / ${hand.toFixed(1)} s = ${ratio.toFixed(2)}, wanted ${GOAL} or less`,
      );
      if (ratio > GOAL) process.exitCode = 1;
    }
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
