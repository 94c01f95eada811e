// The trailer in every container that FFmpeg writes and that is taken here: what was made of each, and how long it took to be ready.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "../api.mjs";
import { ffmpeg, TRAILER } from "../fixtures.mjs";
import { startServer } from "../kit.mjs";

const COPY = "-c:v copy";
const MPEG2 = "-c:v mpeg2video -q:v 3";
const DV = "-vf scale=720:576,setsar=64/45 -r 25 -pix_fmt yuv420p -c:v dvvideo -c:a pcm_s16le -ar 48000 -ac 2";
const CONTAINERS = [
  ["mp4", `${COPY} -c:a copy`],
  ["mp4", `${COPY} -c:a aac -movflags +frag_keyframe+empty_moov`, "fragmented"],
  ["mov", `${COPY} -c:a pcm_s16le`],
  ["matroska", `${COPY} -c:a copy`],
  ["webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -c:a libopus"],
  ["mpegts", `${COPY} -c:a aac`],
  ["mpegts", `${COPY} -c:a aac -mpegts_m2ts_mode 1`, "M2TS"],
  ["mpeg", `${MPEG2} -c:a mp2`],
  ["vob", `${MPEG2} -c:a ac3`],
  ["svcd", `${MPEG2} -c:a mp2`],
  ["avi", "-c:v mpeg4 -q:v 3 -c:a libmp3lame"],
  ["flv", `${COPY} -c:a aac`],
  ["asf", "-c:v wmv2 -q:v 3 -c:a wmav2"],
  ["ogg", "-c:v libtheora -q:v 7 -c:a libvorbis"],
  ["mxf", `${MPEG2} -c:a pcm_s16le -ar 48000`],
  ["dv", DV],
  ["3gp", `${COPY} -c:a aac`],
  ["3g2", `${COPY} -c:a aac`],
  ["f4v", `${COPY} -c:a aac`],
  ["ismv", `${COPY} -c:a aac`],
  ["gif", "-vf fps=10,scale=320:-2 -an"],
  ["ipod", "-vn -c:a aac"],
  ["mp3", "-vn -c:a copy"],
  ["adts", "-vn -c:a aac"],
  ["flac", "-vn -c:a flac"],
  ["opus", "-vn -c:a libopus"],
  ["wav", "-vn -c:a pcm_s16le"],
  ["w64", "-vn -c:a pcm_s16le"],
  ["aiff", "-vn -c:a pcm_s16be"],
  ["ac3", "-vn -c:a ac3"],
];

const folder = mkdtempSync(join(tmpdir(), "vitascope-containers-"));
const server = await startServer();
let failed = 0;
try {
  const api = await Api.register(server.url);
  console.log("container            ready      seconds  rungs");
  for (const [format, words, note] of CONTAINERS) {
    const path = join(folder, `trailer.${format}`);
    await ffmpeg("-i", TRAILER.path, "-map_metadata", "-1", ...words.split(" "), "-f", format, path);
    const began = performance.now();
    const name = [format, note].filter(Boolean).join(", ").padEnd(20);
    try {
      const video = await api.ready(await api.upload(path, { title: name }), { timeout: 300_000 });
      const took = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
      const rungs = video.rungs.map((rung) => `${rung.name}${rung.copied ? " copied" : ""}`).join(", ");
      const right = Math.abs(video.duration_seconds - TRAILER.seconds) < 0.6;
      failed += right ? 0 : 1;
      console.log(`${name} ${took} s  ${video.duration_seconds.toFixed(2).padStart(7)}${right ? " " : "!"} ${rungs}`);
    } catch (error) {
      failed += 1;
      console.log(`${name} FAILED     ${error.message}`);
    }
    rmSync(path);
  }
  console.log(`${CONTAINERS.length - failed} of ${CONTAINERS.length} as they must be`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
