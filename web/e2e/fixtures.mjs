// Clips for the tests: one committed real one, the rest made by FFmpeg into a temporary folder, once per run.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { copyFile, mkdtemp, rename, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { barcodeFilter } from "./barcode.mjs";

const execute = promisify(execFile);

/** Real pictures with real sound: H.264 720p24 and MP3, see fixtures/ATTRIBUTION.md. */
export const TRAILER = {
  path: fileURLToPath(new URL("fixtures/bbb-trailer-12s.mp4", import.meta.url)),
  seconds: 11.5,
};

/** Every second of a clip with clicks has one, this far into the second, together with a white flash. */
export const CLICK_AT = 0.5;

let own;
/** The folder for this run's clips; run.mjs names one and removes it, a test file run alone makes its own. */
function folder() {
  if (process.env.VITASCOPE_E2E_CLIPS) return process.env.VITASCOPE_E2E_CLIPS;
  if (own === undefined) {
    own = mkdtempSync(join(tmpdir(), "vitascope-clips-"));
    process.on("exit", () => rmSync(own, { recursive: true, force: true }));
  }
  return own;
}

/** Runs FFmpeg; its messages are the error when it fails. */
export async function ffmpeg(...words) {
  await execute("ffmpeg", ["-hide_banner", "-nostdin", "-v", "error", "-y", ...words], { maxBuffer: 1 << 20 });
}

/** Makes a file once per run: `make` writes to a name that nobody else looks at. */
export async function once(name, make) {
  const path = join(folder(), name);
  if (!existsSync(path)) {
    const draft = join(folder(), `${process.pid}-${name}`);
    await make(draft);
    await rename(draft, path);
  }
  return path;
}

/**
 * A moving test picture with the barcode, and a click with a flash in every second.
 * `video` and `audio` are FFmpeg's options for the encoders; `audio: null` makes it silent. `source` is what lies below the
 * barcode: hours of bars, which hardly change, are made in minutes.
 */
export function clip(name, { seconds, size = "640x360", rate = 30, source = "testsrc2", video, audio }) {
  return once(name, async (path) => {
    const flash = `drawbox=x=0:y='floor(ih/12)':w=iw:h=ih:color=white:t=fill:enable='between(mod(t,1),${CLICK_AT - 0.001},${CLICK_AT + 0.05})'`;
    const picture = `${source}=s=${size}:r=${rate}:d=${seconds},${flash},${barcodeFilter()},format=yuv420p`;
    const click = `aevalsrc='if(between(mod(t,1),${CLICK_AT},${CLICK_AT + 0.03}),0.8*sin(2*PI*1000*(t-${CLICK_AT})),0)':s=48000:d=${seconds},aformat=channel_layouts=stereo`;
    const sound = audio === null ? [] : ["-f", "lavfi", "-i", click];
    await ffmpeg(
      "-f",
      "lavfi",
      "-i",
      picture,
      ...sound,
      "-map",
      "0:v",
      ...video,
      ...(audio === null ? [] : ["-map", "1:a", ...audio]),
      path,
    );
  });
}

/** H.264 with B-frames and a keyframe about every two seconds. */
export const H264 = [
  "-c:v",
  "libx264",
  "-preset",
  "veryfast",
  "-profile:v",
  "high",
  "-bf",
  "3",
  "-g",
  "60",
  "-b:v",
  "1500k",
];
/** AAC, whose first packet is priming that a player must not play. */
export const AAC = ["-c:a", "aac", "-b:a", "128k"];
export const OPUS = ["-c:a", "libopus", "-b:a", "96k"];
export const VP9 = [
  "-c:v",
  "libvpx-vp9",
  "-deadline",
  "realtime",
  "-cpu-used",
  "8",
  "-row-mt",
  "1",
  "-g",
  "120",
  "-b:v",
  "1M",
];

/** A filter: noise below the barcode. */
export const NOISE =
  "split[clean][base];[base]noise=alls=60:allf=t[noisy];[clean]crop=iw:ih/12:0:0[code];[noisy][code]overlay=0:0";

/** The clip that most tests use: small, copied by the pipeline. */
export const shortMp4 = () => clip("short.mp4", { seconds: 8, video: H264, audio: AAC });

/** Long enough that its encode is far from done when a page shows its first picture. */
export const GROWING_SECONDS = Number(process.env.VITASCOPE_E2E_GROWING_SECONDS ?? 60);

/** VP9 has to be encoded, so its playlist grows for a while. */
export const growingWebm = (seconds = GROWING_SECONDS) =>
  clip(`growing-${seconds}.webm`, { seconds, size: "1920x1080", rate: 30, video: VP9, audio: OPUS });

/** A minute's worth of bytes on a slow line, all of them pictures: filler keeps the rate constant (ITU-T H.264 §7.4.2.7). Index at the end. */
export async function fatMp4(seconds = 32) {
  const rate = ["-b:v", "5M", "-maxrate", "5M", "-bufsize", "5M", "-x264-params", "nal-hrd=cbr:force-cfr=1"];
  const video = ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main", "-g", "60", ...rate];
  const path = await clip(`fat-${seconds}.mp4`, { seconds, size: "1280x720", rate: 30, video, audio: AAC });
  return { path, seconds };
}

/** The same as a stream that has to be encoded; here noise makes the bytes, but not in the barcode. */
export async function fatWebm(seconds = 20) {
  const video = ["-vf", NOISE, ...VP9.slice(0, -1), "5M", "-minrate", "5M", "-maxrate", "5M"];
  const path = await clip(`fat-${seconds}.webm`, { seconds, size: "640x360", rate: 30, video, audio: OPUS });
  return { path, seconds };
}

/** The words of the captions in `manyTracks`, by language, with the seconds in which they stand. */
export const CUES = {
  en: { from: 1, to: 9, text: "Good morning" },
  de: { from: 1, to: 9, text: "Guten Morgen" },
};

/** A Matroska file with two languages of captions and two of sound: English is loud, German is silent. */
export const manyTracks = () =>
  once("tracks.mkv", async (path) => {
    const video = await clip("short-10.mp4", { seconds: 10, video: H264, audio: null });
    const texts = await Promise.all(
      Object.entries(CUES).map(([lang, { from, to, text }]) =>
        once(`words-${lang}.srt`, (file) => writeFile(file, `1\n00:00:0${from},000 --> 00:00:0${to},000\n${text}\n`)),
      ),
    );
    const tone = (volume) => ["-f", "lavfi", "-t", "10", "-i", `sine=f=440:r=48000,volume=${volume}`];
    const tags = ["a", "s"].flatMap((kind) =>
      ["eng", "deu"].flatMap((lang, index) => [`-metadata:s:${kind}:${index}`, `language=${lang}`]),
    );
    await ffmpeg(
      ...["-i", video, ...tone(8), ...tone(0), ...texts.flatMap((text) => ["-i", text])],
      ...[0, 1, 2, 3, 4].flatMap((input) => ["-map", String(input)]),
      ...[
        "-c:v",
        "copy",
        ...AAC,
        "-ac",
        "2",
        "-c:s",
        "srt",
        ...tags,
        "-disposition:a:0",
        "default",
        "-f",
        "matroska",
        path,
      ],
    );
  });

/** Sound without pictures. */
export const soundOnly = () =>
  once("sound.m4a", (path) =>
    ffmpeg("-f", "lavfi", "-t", "8", "-i", "sine=f=330:r=48000,tremolo=f=0.6:d=0.9", ...AAC, "-f", "mp4", path),
  );

/** Larger than several parts: incompressible noise beside the picture makes the file big, not the encode long. */
export const bigMp4 = (mebibytes) =>
  once(`big-${mebibytes}.mp4`, async (path) => {
    const video = await clip("short.mp4", { seconds: 8, video: H264, audio: AAC });
    await copyFile(video, path);
    // A `free` box at the end is valid ISO BMFF (ISO/IEC 14496-12 §8.1.2) and is skipped by every reader.
    const size = mebibytes * 1024 * 1024;
    const head = Buffer.alloc(8);
    head.writeUInt32BE(size, 0);
    head.write("free", 4);
    await writeFile(path, head, { flag: "a" });
    const { size: before } = await stat(path);
    await truncate(path, before + size - 8);
  });

/** Files that are no video, or not a whole one, under the name of a video. */
export const bad = {
  text: () => once("text.mp4", (path) => writeFile(path, "This is a letter and not a video.\n".repeat(200))),
  empty: () => once("empty.mp4", (path) => writeFile(path, "")),
  truncated: () =>
    once("truncated.mp4", async (path) => {
      // The index of this file stands at its end, so half of it is pictures that nothing describes.
      await ffmpeg("-i", await shortMp4(), "-c", "copy", "-f", "mp4", path);
      const { size } = await stat(path);
      await truncate(path, Math.floor(size / 2));
    }),
  playlist: (target) =>
    once("playlist.mp4", (path) =>
      writeFile(
        path,
        `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${target}\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n`,
      ),
    ),
  concat: () => once("concat.mp4", (path) => writeFile(path, "ffconcat version 1.0\nfile '/etc/passwd'\n")),
  mpd: (target) =>
    once("mpd.mp4", (path) =>
      writeFile(
        path,
        `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><BaseURL>${target}</BaseURL></Period></MPD>`,
      ),
    ),
  image: () =>
    once("image.mp4", (path) =>
      ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180", "-frames:v", "1", "-f", "image2", "-c:v", "png", path),
    ),
};

/** A copy of a clip under another name, for names that try to be more than a name. */
export async function named(path, name) {
  const copy = join(await mkdtemp(join(folder(), "named-")), name);
  await copyFile(path, copy);
  return copy;
}
