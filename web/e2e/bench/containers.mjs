// The trailer in every container that FFmpeg writes: what was made of each, how long it took to be
// ready, and what is turned away with which words. VITASCOPE_CLIP names another clip.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Api } from "../api.mjs";
import { ffmpeg, TRAILER } from "../fixtures.mjs";
import { startServer } from "../kit.mjs";

const COPY = "-c:v copy";
const MPEG2 = "-c:v mpeg2video -q:v 3";
const DV = "-vf scale=720:576,setsar=64/45 -r 25 -pix_fmt yuv420p -c:v dvvideo -c:a pcm_s16le -ar 48000 -ac 2";
const DNXHD = "-vf scale=1920:1080 -r 25 -pix_fmt yuv422p -b:v 120M -c:v dnxhd";
const PAL = "-vf scale=720:576,setsar=64/45 -r 25 -pix_fmt yuv422p -c:v mpeg2video";
const D10 =
  "-b:v 30M -minrate 30M -maxrate 30M -bufsize 1200000 -rc_init_occupancy 1200000 -intra_vlc 1 -non_linear_quant 1 " +
  "-qmin 1 -qmax 3 -g 1 -c:a pcm_s16le -ar 48000 -ac 2";
/** Format, how it is encoded, and what tells it from others of the same format. */
const TAKEN = [
  ["mp4", `${COPY} -c:a copy`],
  ["mp4", `${COPY} -c:a aac -movflags +frag_keyframe+empty_moov`, "fragmented"],
  ["mov", `${COPY} -c:a pcm_s16le`],
  ["3gp", `${COPY} -c:a aac`],
  ["3g2", `${COPY} -c:a aac`],
  ["f4v", `${COPY} -c:a aac`],
  ["ismv", `${COPY} -c:a aac`],
  ["psp", "-vf scale=480:272 -c:v libx264 -preset ultrafast -c:a aac"],
  ["ipod", "-vn -c:a aac"],
  ["matroska", `${COPY} -c:a copy`],
  ["webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -c:a libopus"],
  ["mpegts", `${COPY} -c:a aac`],
  ["mpegts", `${COPY} -c:a aac -mpegts_m2ts_mode 1`, "M2TS"],
  ["mpeg", `${MPEG2} -c:a mp2`],
  ["vcd", "-vf scale=352:288 -r 25 -c:v mpeg1video -b:v 1150k -c:a mp2 -ar 44100"],
  ["svcd", `${MPEG2} -c:a mp2`],
  ["dvd", `${MPEG2} -c:a ac3`],
  ["vob", `${MPEG2} -c:a ac3`],
  ["mpeg1video", "-an -c:v mpeg1video -q:v 3"],
  ["mpeg2video", `-an ${MPEG2}`],
  ["avi", "-c:v mpeg4 -q:v 3 -c:a libmp3lame"],
  ["flv", `${COPY} -c:a aac`],
  ["asf", "-c:v wmv2 -q:v 3 -c:a wmav2"],
  ["wtv", `${MPEG2} -c:a mp2`],
  ["rm", "-vf scale=320:176 -c:v rv10 -q:v 3 -c:a ac3"],
  ["ogg", "-c:v libtheora -q:v 7 -c:a libvorbis"],
  ["nut", `${COPY} -c:a copy`],
  ["mxf", `${MPEG2} -c:a pcm_s16le -ar 48000`],
  ["mxf_d10", `${PAL} ${D10}`],
  ["mxf_opatom", `-an ${DNXHD}`],
  ["gxf", "-vf scale=720:576,setsar=64/45 -r 25 -c:v mpeg2video -q:v 3 -c:a pcm_s16le -ar 48000 -ac 1"],
  ["dv", DV],
  ["ivf", "-an -c:v libvpx -deadline realtime -cpu-used 8 -b:v 1M"],
  ["yuv4mpegpipe", "-an -vf scale=320:180 -pix_fmt yuv420p"],
  ["gif", "-vf fps=10,scale=320:-2 -an"],
  ["mp3", "-vn -c:a copy"],
  ["mp2", "-vn -c:a mp2"],
  ["adts", "-vn -c:a aac"],
  ["ac3", "-vn -c:a ac3"],
  ["eac3", "-vn -c:a eac3"],
  ["dts", "-vn -strict -2 -c:a dca -ac 2"],
  ["flac", "-vn -c:a flac"],
  ["wv", "-vn -c:a wavpack"],
  ["tta", "-vn -c:a tta"],
  ["oga", "-vn -c:a libvorbis"],
  ["opus", "-vn -c:a libopus"],
  ["spx", "-vn -c:a libspeex -ar 16000 -ac 1"],
  ["wav", "-vn -c:a pcm_s16le"],
  ["wav", "-vn -c:a pcm_s16le -rf64 always", "RF64"],
  ["w64", "-vn -c:a pcm_s16le"],
  ["aiff", "-vn -c:a pcm_s16be"],
  ["caf", "-vn -c:a pcm_s16le"],
  ["au", "-vn -c:a pcm_s16be"],
  ["voc", "-vn -c:a pcm_u8"],
];
/** No times, or a format that only a program of its own has. */
const REFUSED = [
  ["h264", `-an ${COPY}`],
  ["hevc", "-an -c:v libx265 -preset ultrafast -x265-params log-level=error"],
  ["obu", "-an -c:v libsvtav1 -preset 12"],
  ["m4v", "-an -c:v mpeg4 -q:v 3"],
  ["mjpeg", "-an -c:v mjpeg"],
  ["dnxhd", `-an ${DNXHD}`],
  ["latm", "-vn -c:a aac"],
  ["truehd", "-vn -strict -2 -c:a truehd"],
  ["swf", "-c:v flv -c:a libmp3lame -ar 44100"],
  ["roq", "-vf scale=256:256 -r 30 -c:v roqvideo -c:a roq_dpcm -ar 22050"],
  ["smjpeg", "-c:v mjpeg -c:a pcm_s16le"],
  ["apng", "-an -t 1 -vf scale=160:90 -plays 0"],
  ["webp", "-an -t 1 -vf scale=160:90"],
  ["sox", "-vn"],
  ["ircam", "-vn -c:a pcm_s16le"],
  ["g722", "-vn -c:a g722 -ar 16000 -ac 1"],
  ["s16le", "-vn"],
];

const clip = process.env.VITASCOPE_CLIP ?? TRAILER.path;
const ask = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", clip];
const seconds = Number((await promisify(execFile)("ffprobe", ask)).stdout);
const folder = mkdtempSync(join(tmpdir(), "vitascope-containers-"));
// One rung shows that it is read and encoded; what a whole ladder takes is another bench.
const LADDER = "[{short_side=240,maxrate=9000000,level=31}]";
const server = await startServer({ environment: { VITASCOPE_LADDER__STEPS: LADDER } });
let wrong = 0;
try {
  const api = await Api.register(server.url);
  console.log("container             ready   seconds  rungs");
  for (const [format, words, note] of TAKEN) {
    await row([format, note].filter(Boolean).join(", "), format, words, async (path, name) => {
      const began = performance.now();
      const video = await api.ready(await api.upload(path, { title: name }), { timeout: 300_000 });
      const took = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
      const rungs = video.rungs.map((rung) => `${rung.name}${rung.copied ? " copied" : ""}`).join(", ");
      const right = Math.abs(video.duration_seconds - seconds) < 0.6;
      return [right, `${took} s  ${video.duration_seconds.toFixed(2).padStart(7)}  ${rungs}`];
    });
  }
  console.log("\nturned away           why");
  for (const [format, words] of REFUSED) {
    await row(format, format, words, async (path, name) => {
      const id = await api.upload(path, { title: name });
      const video = await api.waitFor(id, "refused", (video) => ["ready", "failed"].includes(video.state));
      return [video.state === "failed", video.error ? `${video.error.code}: ${video.error.message}` : "was taken"];
    });
  }
  const all = TAKEN.length + REFUSED.length;
  console.log(`\n${all - wrong} of ${all} as they must be`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Makes the file and prints what `judge` says of it. */
async function row(name, format, words, judge) {
  const path = join(folder, `clip.${format}`);
  let [right, text] = [false, ""];
  try {
    await ffmpeg("-i", clip, "-map_metadata", "-1", ...words.split(" "), "-f", format, path);
    [right, text] = await judge(path, name);
  } catch (error) {
    text = `FAILED ${error.message}`;
  }
  wrong += right ? 0 : 1;
  console.log(`${name.padEnd(18)} ${right ? " " : "!"} ${text}`);
  rmSync(path, { force: true });
}
