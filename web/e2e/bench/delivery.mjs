// Segments per second beside nginx on the same files in the same run, and calls of the API. Medians of interleaved rounds; wrk
// shares the cores with what it measures, so only ratios within one run mean something.
import { execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clip, H264 } from "../fixtures.mjs";
import { startServer, until } from "../kit.mjs";
import { median, store, wrk } from "./load.mjs";

const ROUNDS = Number(process.env.VITASCOPE_BENCH_ROUNDS ?? 3);
const SIZES = { "200 KB": 200_000, "1 MB": 1_000_000 };
const CONNECTIONS = [2, 20, 100];

/** What is wanted of the ratio to nginx; undefined is printed only. */
function wanted(way, size, connections) {
  if (way === "hot") return connections <= 20 ? 1.0 : 0.85;
  if (way === "files") return size === "1 MB" ? 0.8 : 0.5;
  return undefined;
}

const folder = await mkdtemp(join(tmpdir(), "vitascope-bench-"));
process.env.VITASCOPE_E2E_CLIPS = folder;
const ending = [];
let missed = 0;
const judge = (good) => {
  if (good === undefined) return "";
  if (!good) missed += 1;
  return good ? "✓" : "✗";
};
try {
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=localhost", "-days", "2", "-keyout", key, "-out", cert];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", ...subject],
    {
      stdio: "ignore",
    },
  );
  const start = async (environment) => {
    const server = await startServer({ environment });
    ending.push(() => server.stop());
    return server;
  };
  const hot = await start({});
  const files = await start({ VITASCOPE_HOT_CACHE_BYTES: "0" });
  const tls = await startWithTls({ cert, key });
  const sources = { hot: await store(hot), files: await store(files), tls: tls.source };
  const nginx = await startNginx(hot.data, { cert, key });

  const objects = {};
  for (const [name, size] of Object.entries(SIZES)) {
    objects[name] = {};
    for (const [way, source] of Object.entries(sources))
      objects[name][way] = (await source.put(name.replace(" ", ""), size)).path;
  }
  const ways = (size) => ({
    nginx: nginx.plain + objects[size].hot.replace("/media/", "/"),
    hot: hot.url + objects[size].hot,
    files: files.url + objects[size].files,
  });
  for (const size of Object.keys(SIZES)) {
    for (const connections of CONNECTIONS) await compare(`${size}, c = ${connections}`, ways(size), size, connections);
  }
  for (const size of Object.keys(SIZES)) {
    const urls = {
      nginx: nginx.tls + objects[size].hot.replace("/media/", "/"),
      tls: tls.server.url + objects[size].tls,
    };
    await compare(`${size} over TLS, c = 20`, urls, size, 20);
  }
  await measureApi(hot, sources.hot);
  if (missed > 0) console.log(`${missed} goals were missed`);
  process.exitCode = missed > 0 ? 1 : 0;
} finally {
  for (const end of ending.reverse()) await end();
  await rm(folder, { recursive: true, force: true });
}

async function compare(title, urls, size, connections) {
  const rates = Object.fromEntries(Object.keys(urls).map((way) => [way, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [way, url] of Object.entries(urls)) rates[way].push((await wrk(url, connections)).rate);
  }
  const base = median(rates.nginx);
  const parts = Object.entries(rates).map(([way, figures]) => {
    const ratio = median(figures) / base;
    if (way === "nginx") return `nginx ${base.toFixed(0)}/s`;
    const goal = wanted(way, size, connections);
    const mark = judge(goal === undefined ? undefined : ratio >= goal);
    return `${way} ${median(figures).toFixed(0)}/s = ${ratio.toFixed(2)} × ${mark}${goal ? ` (wanted ${goal})` : ""}`;
  });
  console.log(`${title}: ${parts.join("; ")}`);
}

/** A third server, with https. Its account and its video are made before, over http, so that Node needs no authority. */
async function startWithTls({ cert, key }) {
  const data = join(folder, "tls");
  await mkdir(data);
  const plain = await startServer({ data });
  const source = await store(plain);
  await plain.stop();
  const server = await startServer({ data, environment: { VITASCOPE_TLS_CERT: cert, VITASCOPE_TLS_KEY: key } });
  ending.push(() => server.stop());
  return { server, source };
}

async function startNginx(data, { cert, key }) {
  const [plain, tls] = [await freePort(), await freePort()];
  const config = join(folder, "nginx.conf");
  await writeFile(
    config,
    `daemon off; worker_processes auto; pid ${folder}/nginx.pid; error_log stderr crit; ${process.getuid() === 0 ? "user root;" : ""}
    events { worker_connections 1024; }
    http {
      access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; root ${join(data, "objects")};
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      server { listen 127.0.0.1:${plain}; }
      server { listen 127.0.0.1:${tls} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key}; }
    }`,
  );
  const child = spawn("/usr/sbin/nginx", ["-c", config, "-p", folder], { stdio: ["ignore", "ignore", "inherit"] });
  ending.push(() => child.kill("SIGTERM"));
  await until("nginx answers", () => fetch(`http://127.0.0.1:${plain}/`).catch(() => undefined), { timeout: 10_000 });
  return { plain: `http://127.0.0.1:${plain}`, tls: `https://127.0.0.1:${tls}` };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** One video, and a list of fifteen, remembered and not, at 20 connections. */
async function measureApi(server, { api }) {
  const path = await clip("second.mp4", { seconds: 1, size: "160x90", rate: 25, video: H264, audio: null });
  const ids = [];
  for (let number = 0; number < 15; number += 1) ids.push(await api.upload(path, { title: `Video ${number}` }));
  for (const id of ids) await api.ready(id, { timeout: 120_000 });
  const { items } = await api.call("GET", "/api/videos?limit=15");
  if (items.length !== 15) throw new Error(`the list has ${items.length} videos`);
  // Every request asks from another moment on, so none is answered from what is remembered.
  const uncached = join(folder, "list.lua");
  await writeFile(
    uncached,
    `local threads = 0
    function setup(thread) thread:set("from", 9e15 + threads * 1e12); threads = threads + 1 end
    function request() from = from - 1; return wrk.format("GET", string.format("/api/videos?limit=15&cursor=%.0f.x", from)) end`,
  );
  const other = await api.call("GET", "/api/videos?limit=15&cursor=9000000000000000.x");
  if (other.items.length !== 15) throw new Error(`the uncached list has ${other.items.length} videos`);
  const calls = {
    "one video": [`/api/videos/${ids[0]}`, 10_000],
    "list of 15, uncached": ["/", 2000, uncached],
    "list of 15": ["/api/videos?limit=15", 4000],
  };
  for (const [name, [call, goal, script]] of Object.entries(calls)) {
    const runs = [];
    for (let round = 0; round < ROUNDS; round += 1) runs.push(await wrk(server.url + call, 20, 2, script));
    const [rate, p99] = [median(runs.map((run) => run.rate)), median(runs.map((run) => run.p99))];
    console.log(
      `${name}, c = 20: ${rate.toFixed(0)}/s ${judge(rate >= goal)} (wanted ${goal}); p99 ${p99.toFixed(1)} ms ${judge(p99 <= 10)} (wanted 10)`,
    );
  }
}
