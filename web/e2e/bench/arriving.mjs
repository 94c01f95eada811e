// Watching while uploading, on a line of 5 MB/s: from the first byte to `playable` and to the first decoded picture, and the
// server's memory until the last byte. H.264 MP4, small and large, with the index first (plain HTTP) and last (the browser's
// uploader); a small WebM, which has to be encoded. `arriving.mjs [small MB, 60] [large MB, 2000; 0 is none] [MB per second, 5]`
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "../api.mjs";
import { AAC, clip, ffmpeg, NOISE, OPUS, VP9 } from "../fixtures.mjs";
import { openBrowser, startServer, throttle } from "../kit.mjs";
import { chooseFiles, signedIn } from "../pages.mjs";

const MB = 1e6;
const [SMALL, LARGE, LINE] = [60, 2000, 5].map((usual, index) => Number(process.argv[2 + index] ?? usual) * MB);
/** From the first byte to `playable`, in milliseconds. */
const GOALS = { first: 3000, last: 4000, webm: 5000 };
/** How far the memory may go up and down from its middle, in bytes. */
const FLAT = 20 * MB;
/** What is repeated: whole pictures, whole GOPs and whole AAC frames, so that nothing shows where it begins again. */
const SECONDS = 8;

const folder = mkdtempSync(join(tmpdir(), "vitascope-arriving-"));
process.env.VITASCOPE_E2E_CLIPS = folder;
const server = await startServer();
const browser = await openBrowser();
let failed = 0;
try {
  const api = await Api.register(server.url);
  const cases = [
    ["MP4, index first", "first", SMALL, byHttp],
    ["MP4, index last, by the page", "last", SMALL, byPage],
    ["WebM", "webm", SMALL, byHttp],
    ["MP4, index first", "first", LARGE, byHttp],
    ["MP4, index last, by the page", "last", LARGE, byPage],
  ];
  for (const [name, kind, size, send] of cases.filter(([, , wanted]) => wanted > 0)) {
    const path = await source(kind, size);
    const bytes = statSync(path).size;
    const memory = watchMemory(server.pid);
    const { id, owner, firstByte, ended } = await send(api, path);
    const [playable, picture] = await Promise.all([whenPlayable(owner, id), firstPicture(owner, id)]);
    const early = memory.now();
    await ended;
    const took = (Date.now() - firstByte()) / 1000;
    const { least, most } = memory.stop();
    const [ready, shown] = [playable - firstByte(), picture - firstByte()];
    const swing = (most - least) / 2;
    const flat = size < LARGE || swing <= FLAT;
    const inTime = ready <= GOALS[kind];
    failed += flat && inTime ? 0 : 1;
    const mb = (value) => (value / MB).toFixed(0);
    console.log(
      `${name}, ${mb(bytes)} MB in ${took.toFixed(0)} s: playable after ${ready} ms (wanted ${GOALS[kind]}${inTime ? "" : "!"}), ` +
        `first picture after ${shown} ms; server ${mb(least)} to ${mb(most)} MB, ±${(swing / MB).toFixed(1)}` +
        `${size < LARGE ? "" : ` (wanted ±${mb(FLAT)}${flat ? "" : "!"})`}, ${mb(early)} MB at the first picture`,
    );
    await owner.call("DELETE", `/api/videos/${id}`);
    rmSync(path);
  }
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** A file of about that many bytes; 7.5 Mbit/s of 1080p30, which is copied where it may be. */
async function source(kind, size) {
  const rate = ["-b:v", "7300k", "-maxrate", "7300k", "-bufsize", "7300k"];
  const filler = ["-x264-params", "nal-hrd=cbr:force-cfr=1"];
  const h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main", "-g", "60", ...rate, ...filler];
  const vp9 = ["-vf", NOISE, ...VP9.slice(0, -2), ...rate, "-minrate", "7300k"];
  const [extension, video, audio, lines] =
    kind === "webm" ? ["webm", vp9, OPUS, "854x480"] : ["mp4", h264, AAC, "1920x1080"];
  const piece = await clip(`piece.${extension}`, { seconds: SECONDS, size: lines, rate: 30, video, audio });
  const times = Math.max(1, Math.round(size / statSync(piece).size));
  const path = join(folder, `${kind}-${size / MB}.${extension}`);
  const index = kind === "first" ? ["-movflags", "+faststart"] : [];
  await ffmpeg("-stream_loop", String(times - 1), "-i", piece, "-map", "0", "-c", "copy", ...index, path);
  return path;
}

/** One part after the other over plain HTTP, paced to the line. */
async function byHttp(api, path) {
  const size = statSync(path).size;
  const contentType = path.endsWith(".webm") ? "video/webm" : "video/mp4";
  const begun = { title: path.split("/").at(-1), file_name: path.split("/").at(-1), content_type: contentType, size };
  const { id, part_size } = await api.call("POST", "/api/videos/init", { ...begun, visibility: "public" });
  const count = Math.ceil(size / part_size);
  const first = Date.now();
  const sending = async () => {
    const file = await open(path);
    let sent = 0;
    for (let number = 1; number <= count; number += 1) {
      const { parts } = await api.call("POST", `/api/videos/${id}/parts`, { numbers: [number] });
      const length = Math.min(part_size, size - (number - 1) * part_size);
      const body = Buffer.alloc(length);
      await file.read(body, 0, length, (number - 1) * part_size);
      await put(new URL(parts[0].url, api.url), parts[0], body, (bytes) => {
        sent += bytes;
        return first + (sent / LINE) * 1000 - Date.now();
      });
    }
    await file.close();
    await api.call("POST", `/api/videos/${id}/complete`, { count });
  };
  return { id, owner: api, firstByte: () => first, ended: sending() };
}

/** Sends a body in small pieces; `wait` is told of each and says how many milliseconds the line is busy with it. */
function put(url, { method, headers }, body, wait) {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers: { ...headers, "content-length": body.length } }, (answer) => {
      answer.resume();
      answer.once("end", () =>
        answer.statusCode < 300 ? resolve() : reject(new Error(`a part: ${answer.statusCode}`)),
      );
    });
    call.once("error", reject);
    const piece = (start) => {
      if (start >= body.length) return call.end();
      const part = body.subarray(start, start + 65_536);
      call.write(part);
      setTimeout(piece, Math.max(0, wait(part.length)), start + part.length);
    };
    piece(0);
  });
}

/** Chooses the file on the upload page of a browser whose line is limited. */
async function byPage(_, path) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const owner = await signedIn(page, server.url);
  await page.goto(`${server.url}/upload`);
  await throttle(page, { up: LINE });
  let first;
  const begun = new Promise((resolve) => {
    page.on("request", (call) => {
      if (call.method() !== "PUT" || first !== undefined) return;
      first = Date.now();
      resolve();
    });
  });
  const made = page.waitForResponse((answer) => answer.url().endsWith("/api/videos/init"));
  await chooseFiles(page, server.url, path);
  const { id } = await (await made).json();
  await begun;
  const ended = page
    .waitForResponse((answer) => answer.url().endsWith(`/${id}/complete`), { timeout: 0 })
    .then(() => context.close());
  return { id, owner, firstByte: () => first, ended };
}

async function whenPlayable(api, id) {
  await api.playable(id, { timeout: 120_000, every: 20 });
  return Date.now();
}

/** Opens the watch page while there is nothing to see yet; the moment when a picture is on the screen. */
async function firstPicture(owner, id) {
  await owner.call("PATCH", `/api/videos/${id}`, { visibility: "public" });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${server.url}/w/${id}`);
    await page.locator("video").first().waitFor({ state: "attached", timeout: 120_000 });
    return await page
      .locator("video")
      .first()
      .evaluate(
        (video) =>
          new Promise((resolve) => {
            if (video.getVideoPlaybackQuality().totalVideoFrames > 0) resolve(Date.now());
            else video.requestVideoFrameCallback(() => resolve(Date.now()));
          }),
      );
  } finally {
    await context.close();
  }
}

/** Looks at the resident memory of a process five times a second. */
function watchMemory(pid) {
  const now = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
  let [least, most] = [now(), now()];
  const look = () => {
    const value = now();
    least = Math.min(least, value);
    most = Math.max(most, value);
  };
  const timer = setInterval(look, 200);
  return {
    now,
    stop() {
      clearInterval(timer);
      look();
      return { least, most };
    },
  };
}
