// What the ladder's benches share: two sources, our server's way with them, and the one command that a person would write.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Api } from "../api.mjs";
import { ffmpeg, once, TRAILER } from "../fixtures.mjs";

const TICKS = 100;
/** [short side, width, highest rate in bit/s, level], as in our table. */
const STEPS = [
  [1080, 1920, 8_000_000, "4.2"],
  [720, 1280, 4_000_000, "4.0"],
  [480, 854, 1_800_000, "3.1"],
  [360, 640, 1_000_000, "3.1"],
  [240, 426, 600_000, "3.0"],
];

/** 1080p30 of real pictures: once with a keyframe every 2 s, which is copied; once with one alone, which is not. */
export async function sources(seconds) {
  const make = (name, gop) =>
    once(name, (path) =>
      ffmpeg(
        ...["-stream_loop", "-1", "-i", TRAILER.path, "-t", String(seconds)],
        ...["-vf", "scale=1920:1080:flags=lanczos,fps=30", "-c:v", "libx264", "-preset", "veryfast"],
        ...["-profile:v", "high", "-bf", "3", "-g", String(gop), "-sc_threshold", "0"],
        ...["-b:v", "6M", "-maxrate", "8M", "-bufsize", "8M", "-c:a", "aac", "-b:a", "128k", "-f", "mp4", path],
      ),
    );
  return [
    { name: "copied", path: await make("copied.mp4", 60), copied: true, seconds },
    { name: "encoded", path: await make("encoded.mp4", 100_000), copied: false, seconds },
  ];
}

/** The rungs that our server encodes of a source. */
export const rungsOf = (source) => (source.copied ? STEPS.slice(1) : STEPS);

/** Processor seconds: of a process itself, and of its children that have ended. */
function processorSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold anything; what follows the last one is fixed.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map((field) => Number(field) / TICKS);
  return { self: user + system, children: childrenUser + childrenSystem };
}

/** From `complete` to ready through our server: seconds, the video and a client. */
export async function ours(server, source) {
  const api = await Api.register(server.url);
  const { id, count } = await api.send(source.path);
  const [before, began] = [processorSeconds(server.pid), performance.now()];
  await api.call("POST", `/api/videos/${id}/complete`, { count });
  // Asking is work for the server too: four times a second is little beside an encode.
  const video = await api.ready(id, { timeout: 1_800_000, every: 250 });
  const wall = (performance.now() - began) / 1000;
  const after = processorSeconds(server.pid);
  const [self, children] = [after.self - before.self, after.children - before.children];
  return { cpu: self + children, self, wall, video, api };
}

/** The same rungs by one command, as low in priority as ours. Its files lie in `folder`. */
export async function byHand(source, folder) {
  const rungs = rungsOf(source);
  const labels = rungs.map((_, index) => `[s${index}]`).join("");
  const scale = rungs.map(([height, width], index) => `[s${index}]scale=${width}:${height}:flags=bicubic[v${index}]`);
  const graph = [`[0:v]split=${rungs.length}${labels}`, ...scale].join(";");
  const files = rungs.map(([height]) => join(folder, `${source.name}-${height}.mp4`));
  const outputs = rungs.flatMap(([, , maxrate, level], index) => [
    ...["-map", `[v${index}]`, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23"],
    ...["-maxrate", String(maxrate), "-bufsize", String(maxrate * 2), "-profile:v", "high", "-level:v", level],
    ...["-sc_threshold", "0", "-g", "9999", "-force_key_frames", "expr:gte(t,n_forced*2)", files[index]],
  ]);
  const copies = source.copied ? ["-map", "0:v", "-c", "copy", join(folder, `${source.name}-copy.mp4`)] : [];
  const sound = ["-map", "0:a", "-c:a", "copy", join(folder, `${source.name}-sound.mp4`)];
  const words = ["-hide_banner", "-nostdin", "-v", "error", "-y", "-i", source.path];
  const all = [...words, "-filter_complex", graph, ...outputs, ...copies, ...sound];
  const [before, began] = [processorSeconds("self"), performance.now()];
  await new Promise((resolve, reject) => {
    const child = spawn("nice", ["-n", "15", "ffmpeg", ...all], { stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`ffmpeg ended with ${code}`))));
  });
  const cpu = processorSeconds("self").children - before.children;
  return { cpu, wall: (performance.now() - began) / 1000, files };
}

/** One rung of a video of ours as one file: its init segment and all its segments. */
export async function download(api, video, rung, path) {
  const folder = new URL(`${video.playback.hls_url.replace(/[^/]+$/, "")}${rung}/`, api.url);
  const list = await (await fetch(new URL("index.m3u8", folder))).text();
  const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(list)[1];
  const names = [init, ...list.split("\n").filter((line) => line !== "" && !line.startsWith("#"))];
  const parts = [];
  for (const name of names) parts.push(Buffer.from(await (await fetch(new URL(name, folder))).arrayBuffer()));
  await writeFile(path, Buffer.concat(parts));
}

export const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];
