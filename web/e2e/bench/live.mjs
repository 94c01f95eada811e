// How far behind viewers of a broadcast are, from the making of a picture to its showing, in our player in Chromium: at each usual rate of
// frames, a viewer who joins after a while. How soon the first playlist and the first picture are there. The same through nginx-rtmp and
// hls.js beside it, where that is installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Api } from "../api.mjs";
import { encoder } from "../encoder.mjs";
import { openBrowser, startServer, until } from "../kit.mjs";
import { play, videoOf } from "../player.mjs";
import { median } from "./load.mjs";

const [seconds = 120, wait = 15, list = "30,24,25,30000/1001,60", size = "1280x720"] = process.argv.slice(2);
/** Milliseconds. */
const GOALS = { p50: 1500, p95: 2200, playlist: 1000, picture: 2500 };
const RTMP_MODULE = process.env.VITASCOPE_NGINX_RTMP ?? "/usr/lib/nginx/modules/ngx_rtmp_module.so";
const HLS = fileURLToPath(new URL("../../node_modules/hls.js/dist/hls.min.js", import.meta.url));
/** A gap between two pictures that a person sees as one. */
const FREEZE = 500;

const folder = await mkdtemp(join(tmpdir(), "vitascope-live-"));
const ending = [];
let missed = 0;
const judged = (what, value, goal) => {
  if (value > goal) missed += 1;
  return `${what} ${Math.round(value)} ms ${value > goal ? "✗" : "✓"}`;
};

/** Milliseconds from making to showing of what a page presents for a while, and the pictures that stood still. */
async function behind(page, since, milliseconds) {
  const shown = await videoOf(page).evaluate(
    (video, duration) =>
      new Promise((resolve) => {
        const frames = [];
        const next = () =>
          video.requestVideoFrameCallback((now) => {
            // Reading each of sixty in a second would cost more than playing them.
            const read = frames.length % 5 === 0 ? globalThis.e2e.readBarcode(video) : null;
            frames.push({ at: performance.timeOrigin + now, read });
            next();
          });
        next();
        setTimeout(() => resolve(frames), duration);
      }),
    milliseconds,
  );
  const read = shown.filter((frame) => frame.read !== null);
  if (read.length === 0) throw new Error(`none of ${shown.length} pictures could be read`);
  const delays = read.map(({ at, read: made }) => at - (since + made)).sort((one, other) => one - other);
  const freezes = shown.slice(1).filter((frame, index) => frame.at - shown[index].at > FREEZE).length;
  const share = (part) => delays[Math.min(delays.length - 1, Math.floor(delays.length * part))];
  return { p50: share(0.5), p95: share(0.95), freezes, frames: shown.length };
}

/** Our own, at one rate: the first viewer is there before the encoder, another one joins after a while. */
async function ours(server, browser, rate) {
  const api = await Api.register(server.url);
  const made = await api.call("POST", "/api/live", { title: `At ${rate}`, visibility: "public", save: false });
  const early = await (await browser.newContext()).newPage();
  await early.goto(`${server.url}/w/${made.id}`);
  await early.getByText("This broadcast has not begun").waitFor();
  const since = Date.now();
  const sending = encoder(`${made.rtmp_url}/${made.stream_key}`, { size, rate, since });
  ending.push(sending.cut);
  const master = server.url + (await api.video(made.id)).playback.hls_url;
  const listed = until(
    "the first playlist",
    async () => {
      const answer = await fetch(master.replace("master", "source/index")).catch(() => undefined);
      return answer?.ok ? Date.now() : undefined;
    },
    { every: 20, timeout: 60_000 },
  );
  await videoOf(early).waitFor({ state: "attached", timeout: 60_000 });
  const picture = await videoOf(early).evaluate(
    (video) =>
      new Promise((resolve) => video.requestVideoFrameCallback((now) => resolve(performance.timeOrigin + now))),
  );
  const connection = (await api.call("GET", `/api/live/${made.id}/sessions`)).items[0];
  const published = Date.parse(connection.started_at);
  const first = { playlist: (await listed) - published, picture: picture - published };
  await early.context().close();
  await new Promise((resolve) => setTimeout(resolve, Number(wait) * 1000));
  const viewer = await (await browser.newContext()).newPage();
  await viewer.goto(`${server.url}/w/${made.id}`);
  await play(viewer, { timeout: 60_000 });
  const found = await behind(viewer, since, Number(seconds) * 1000);
  await viewer.context().close();
  await sending.stop();
  await api.call("POST", `/api/live/${made.id}/end`, {});
  return { ...found, ...first };
}

/** The same source through nginx-rtmp with fragments of two seconds, and hls.js as it comes. */
async function theirs(browser) {
  if (!existsSync(RTMP_MODULE) || !existsSync("/usr/sbin/nginx")) return undefined;
  const [rtmp, http] = [await freePort(), await freePort()];
  const config = join(folder, "nginx.conf");
  await cp(HLS, join(folder, "hls.js"));
  await writeFile(
    join(folder, "index.html"),
    `<!doctype html><video muted></video><script src="hls.js"></script><script>
    const hls = new Hls({ enableWorker: false }); hls.loadSource("hls/bench.m3u8"); hls.attachMedia(document.querySelector("video"));</script>`,
  );
  await writeFile(
    config,
    `load_module ${RTMP_MODULE}; daemon off; pid ${folder}/nginx.pid; error_log stderr crit; ${process.getuid() === 0 ? "user root;" : ""}
    events { worker_connections 64; }
    rtmp { server { listen 127.0.0.1:${rtmp}; chunk_size 4096; application live {
      live on; hls on; hls_path ${folder}/hls; hls_fragment 2s; hls_playlist_length 20s; } } }
    http { access_log off; root ${folder}; types { text/html html; text/javascript js; application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi; server { listen 127.0.0.1:${http}; } }`,
  );
  const nginx = spawn("/usr/sbin/nginx", ["-c", config, "-p", folder], { stdio: ["ignore", "ignore", "inherit"] });
  ending.push(() => nginx.kill("SIGTERM"));
  const url = `http://127.0.0.1:${http}`;
  await until("nginx", () => fetch(url).catch(() => undefined), { timeout: 10_000 });
  const since = Date.now();
  const sending = encoder(`rtmp://127.0.0.1:${rtmp}/live/bench`, { size, since });
  ending.push(sending.cut);
  await until("its playlist", async () => (await fetch(`${url}/hls/bench.m3u8`)).ok, { timeout: 60_000 });
  await new Promise((resolve) => setTimeout(resolve, Number(wait) * 1000));
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  await play(page, { timeout: 60_000 });
  const found = await behind(page, since, Number(seconds) * 1000);
  await page.context().close();
  await sending.stop();
  return found;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

try {
  const server = await startServer({ environment: { VITASCOPE_RTMP: "127.0.0.1:0" } });
  ending.push(() => server.stop());
  const browser = await openBrowser();
  ending.push(() => browser.close());
  const middles = [];
  for (const rate of list.split(",")) {
    const { p50, p95, freezes, frames, playlist, picture } = await ours(server, browser, rate);
    middles.push(p50);
    if (freezes > 0) missed += 1;
    const delay = `${judged("behind p50", p50, GOALS.p50)}, ${judged("p95", p95, GOALS.p95)}, ${freezes} freezes in ${frames} pictures`;
    const soon = `${judged("first playlist after", playlist, GOALS.playlist)}, ${judged("first picture", picture, GOALS.picture)}`;
    console.log(`${rate} pictures a second: ${delay}; ${soon}`);
  }
  const other = await theirs(browser);
  if (other === undefined) console.log("nginx-rtmp is not installed (libnginx-mod-rtmp): no comparison");
  else
    console.log(
      `nginx-rtmp, fragments of 2 s: p50 ${Math.round(other.p50)} ms, p95 ${Math.round(other.p95)} ms, ${other.freezes} freezes; ours is ${(median(middles) / other.p50).toFixed(2)} of it`,
    );
  process.exitCode = missed > 0 ? 1 : 0;
} finally {
  for (const end of ending.reverse()) await end();
  await rm(folder, { recursive: true, force: true });
}
