// Devices for the recorder's tests: a camera and a microphone from files, a tab to capture, and ears for what was recorded.
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { barcodeFilter, CELLS, encode } from "./barcode.mjs";
import { ffmpeg, once } from "./fixtures.mjs";
import { until } from "./kit.mjs";
import { accountMenu } from "./pages.mjs";
import { sampleFrames } from "./player.mjs";

const execute = promisify(execFile);

/** Hertz: the microphone's tone and the captured tab's. */
export const MICROPHONE_TONE = 1000;
export const TAB_TONE = 440;
/** The short tone that comes with each flash of the tab. */
const BLIP_TONE = 2500;
const TAB_TITLE = "Something to record";

/** A magenta picture with the barcode of the time, ten seconds in a loop. */
const camera = () =>
  once("camera.mjpeg", (path) =>
    ffmpeg(
      "-f",
      "lavfi",
      "-i",
      `color=c=0xd020d0:s=640x360:r=30:d=10,${barcodeFilter()},format=yuvj420p`,
      "-q:v",
      "4",
      "-f",
      "mjpeg",
      path,
    ),
  );

const microphone = () =>
  once("microphone.wav", (path) =>
    ffmpeg("-f", "lavfi", "-i", `sine=f=${MICROPHONE_TONE}:r=48000:d=10,volume=2`, "-f", "wav", path),
  );

/** Flags for a Chromium with these devices, whose share dialogue chooses the page of `servePage` by itself. */
export async function deviceFlags() {
  return [
    "--use-fake-device-for-media-stream=fps=30",
    `--use-file-for-fake-video-capture=${await camera()}`,
    `--use-file-for-fake-audio-capture=${await microphone()}`,
    `--auto-select-tab-capture-source-by-title=${TAB_TITLE}`,
  ];
}

/** Permissions and settings that a test of the recorder's page wants: sound as it is, a picture that two cores can make. */
export const ALLOWED = { permissions: ["camera", "microphone", "clipboard-read", "clipboard-write"] };

/** Opens a tab that shows the barcode of its own clock and plays a tone. */
export async function openTab(context) {
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(PAGE);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const tab = await context.newPage();
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  return { tab, close: () => server.close() };
}

const PAGE = `<!doctype html><title>${TAB_TITLE}</title><style>body{margin:0;background:#123a12}canvas{width:100vw;height:100vh;display:block}</style>
<canvas width="1280" height="720"></canvas><script>
const canvas = document.querySelector("canvas"), context = canvas.getContext("2d");
const encode = ${encode.toString().replace("encode", "").replaceAll("BITS", "28").replaceAll("CHECKS", "4")};
function paint() {
  context.fillStyle = "#123a12";
  context.fillRect(0, 0, 1280, 720);
  const cells = encode(Math.round(performance.now()));
  if (lit) {
    context.fillStyle = "#fff";
    context.fillRect(640, 240, 400, 240);
  }
  cells.forEach((white, cell) => {
    const left = Math.floor(1280 * cell / ${CELLS});
    context.fillStyle = white ? "#fff" : "#000";
    context.fillRect(left, 0, Math.floor(1280 * (cell + 1) / ${CELLS}) - left, 60);
  });
}
const beat = setInterval(paint, 33);
globalThis.standStill = () => clearInterval(beat);
let lit = false;
globalThis.blink = () => setInterval(() => {
  lit = true;
  paint();
  blip.gain.setValueAtTime(0.5, audio.currentTime);
  blip.gain.setValueAtTime(0, audio.currentTime + 0.1);
  setTimeout(() => { lit = false; paint(); }, 100);
}, 1000);
const audio = new AudioContext(), tone = audio.createOscillator(), gain = audio.createGain();
tone.frequency.value = ${TAB_TONE};
gain.gain.value = 0.3;
tone.connect(gain).connect(audio.destination);
tone.start();
const high = audio.createOscillator(), blip = audio.createGain();
high.frequency.value = ${BLIP_TONE};
blip.gain.value = 0;
high.connect(blip).connect(audio.destination);
high.start();
</script>`;

/** Opens the record page with the quiet, small settings of these tests. */
export async function openRecorder(page, url, settings = {}) {
  await page.evaluate(
    (chosen) => {
      localStorage.setItem("vitascope.recorder", JSON.stringify(chosen));
    },
    {
      source: "camera",
      bubble: true,
      microphone: true,
      systemAudio: true,
      cleanVoice: false,
      height: 720,
      frameRate: 30,
      countdown: 0,
      ...settings,
    },
  );
  await page.goto(`${url}/record`);
  await page.getByRole("heading", { level: 1, name: "Record" }).waitFor();
}

/** Presses start and waits until the take runs. */
export async function begin(page) {
  await page.getByRole("button", { name: "Start recording" }).click();
  await page.getByRole("timer").waitFor();
}

/** The seconds on the bar's clock. */
export async function clock(page) {
  const [minutes, seconds] = (await page.getByRole("timer").textContent()).split(":").map(Number);
  return minutes * 60 + seconds;
}

export function recorded(page, seconds) {
  return until(`${seconds} s of recording`, async () => (await clock(page)) >= seconds);
}

/** Presses stop and gives the id of the watch page that it leads to. */
export async function stop(page) {
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.waitForURL("**/w/*");
  return new URL(page.url()).pathname.split("/").at(-1);
}

/** Kills a browser as a power cut would: by the ids of the processes that were started with its profile. */
export async function killBrowser(profile) {
  const { readdir, readFile } = await import("node:fs/promises");
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes(`--user-data-dir=${profile}`)) process.kill(Number(pid), "SIGKILL");
  }
}

/** Opens the home page signed in, whether the session outlived the crash or not. */
export async function signInAgain(page, url, user) {
  await page.goto(url);
  const menu = accountMenu(page, user);
  await menu
    .or(page.getByRole("link", { name: "Sign in" }))
    .first()
    .waitFor();
  if (await menu.isVisible()) return;
  await page.goto(`${url}/login`);
  await page.getByLabel("Username or e-mail").fill(user.username);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await menu.waitFor();
}

/** What FFmpeg makes of a file's picture or sound, as raw bytes. */
async function decoded(file, ...output) {
  const { stdout } = await execute("ffmpeg", ["-v", "error", "-i", file, ...output, "-"], {
    encoding: "buffer",
    maxBuffer: 512 << 20,
  });
  return stdout;
}

/** The samples of a file's sound, 8,000 in a second. */
async function samplesOf(file, ...filters) {
  const bytes = await decoded(file, "-vn", ...filters, "-ac", "1", "-ar", "8000", "-f", "f32le");
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
}

/** The pictures of a file after a filter, one after the other. */
function picturesOf(file, filter) {
  return decoded(file, "-an", "-fps_mode", "passthrough", "-vf", filter, "-f", "rawvideo");
}

/** How strong each tone is in a video's sound, as amplitude of the sine: 0 is absent. */
export async function tones(file, ...frequencies) {
  const samples = await samplesOf(file);
  return frequencies.map((frequency) => goertzel(samples, frequency / 8000));
}

/** The Goertzel algorithm, over half seconds, so that a tone need not be exact; the loudest counts. */
function goertzel(samples, turn, window = 4000) {
  let loudest = 0;
  for (let start = 0; start + window <= samples.length; start += window) {
    const step = 2 * Math.cos(2 * Math.PI * turn);
    let [before, last] = [0, 0];
    for (let index = 0; index < window; index += 1) {
      [before, last] = [last, samples[start + index] + step * last - before];
    }
    const power = last * last + before * before - step * last * before;
    loudest = Math.max(loudest, (2 * Math.sqrt(Math.max(0, power))) / window);
  }
  return loudest;
}

/** The barcodes of a file's frames with their times in seconds, read from its decoded pictures; null where none can be read. */
export async function barcodes(file) {
  const width = CELLS * 8;
  const pictures = await picturesOf(file, `crop=iw:ih/24:0:ih/48,scale=${width}:1:flags=area,format=gray`);
  const times = await frameTimes(file);
  return times.slice(0, Math.floor(pictures.length / width)).map((time, frame) => ({
    time,
    value: decode(
      Array.from({ length: CELLS }, (_, cell) => {
        const from = frame * width + cell * 8 + 2;
        return (pictures[from] + pictures[from + 1] + pictures[from + 2] + pictures[from + 3]) / 4;
      }),
    ),
  }));
}

/**
 * How much later the sound of each flash comes than its picture, in milliseconds, in their order. Exact to about a frame: the tab paints
 * and sounds when it can.
 */
export async function soundOffsets(file) {
  const flashes = onsets(await brightness(file), 140);
  const samples = await samplesOf(file, "-af", "aresample=async=1:first_pts=0");
  const window = 80;
  const levels = [];
  for (let start = 0; start + window <= samples.length; start += window / 2) {
    levels.push({
      time: start / 8000,
      level: goertzel(samples.subarray(start, start + window), BLIP_TONE / 8000, window),
    });
  }
  const blips = onsets(levels, 0.1);
  return flashes.flatMap((flash) => {
    const nearest = blips.toSorted((a, b) => Math.abs(a - flash) - Math.abs(b - flash))[0];
    return nearest !== undefined && Math.abs(nearest - flash) < 0.5 ? [(nearest - flash) * 1000] : [];
  });
}

/** The times at which a level rises over a threshold. */
function onsets(levels, threshold) {
  return levels
    .filter(({ level }, index) => level >= threshold && (levels[index - 1]?.level ?? threshold) < threshold)
    .map(({ time }) => time);
}

/** The brightness of the place where the tab flashes, frame by frame. */
async function brightness(file) {
  const levels = await picturesOf(file, "crop=iw/8:ih/8:iw*0.6:ih*0.45,scale=1:1:flags=area,format=gray");
  const times = await frameTimes(file);
  return times.slice(0, levels.length).map((time, frame) => ({ time, level: levels[frame] }));
}

function decode([white, black, ...cells]) {
  if (!(white - black > 60)) return null;
  const bits = cells.map((level) => level > (white + black) / 2);
  const value = bits.slice(0, 28).reduce((sum, bit, index) => sum + (bit ? 2 ** index : 0), 0);
  return encode(value)
    .slice(2)
    .every((bit, index) => bit === bits[index])
    ? value
    : null;
}

/** When each frame of a file is shown, in seconds. */
async function frameTimes(file) {
  const { stdout } = await execute(
    "ffprobe",
    [
      "-v",
      "error",
      "-select_streams",
      "v:0",
      "-show_entries",
      "frame=best_effort_timestamp_time",
      "-of",
      "csv=p=0",
      file,
    ],
    { maxBuffer: 16 << 20 },
  );
  return stdout
    .split("\n")
    .map((line) => Number.parseFloat(line))
    .filter(Number.isFinite);
}

/**
 * How far a viewer is behind the captured tab, in milliseconds, for each frame that a page presents during `duration`: the frame says when
 * the tab painted it.
 */
export async function delays(viewer, tab, duration) {
  const [painted, shown] = await Promise.all([
    tab.evaluate(() => performance.timeOrigin),
    viewer.evaluate(() => performance.timeOrigin),
  ]);
  const frames = await sampleFrames(viewer, duration);
  return frames
    .filter(({ barcode }) => barcode !== null)
    .map((frame) => shown + frame.shown - (painted + frame.barcode));
}

/** Saves the download of a video that is ready. */
export async function download(api, id, path) {
  const { writeFile } = await import("node:fs/promises");
  const answer = await fetch(`${api.url}/api/videos/${id}/download`, {
    headers: { authorization: `Bearer ${api.token}` },
  });
  if (!answer.ok) throw new Error(`download: ${answer.status}`);
  await writeFile(path, Buffer.from(await answer.arrayBuffer()));
  return path;
}
