// What the benches of delivery share: wrk, and objects of an exact size in a server's store.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Api } from "../api.mjs";

const run = promisify(execFile);

/** Requests per second and the 99th percentile in milliseconds of `connections` clients that ask for one URL, or for what a script says. */
export async function wrk(url, connections, seconds = 2, script = undefined) {
  const threads = String(Math.min(2, connections));
  const { stdout } = await run("wrk", [
    "-t",
    threads,
    "-c",
    String(connections),
    "-d",
    `${seconds}s`,
    "--latency",
    ...(script === undefined ? [] : ["-s", script]),
    url,
  ]);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  if (refused !== null) throw new Error(`${url}: ${refused[1]} requests were refused\n${stdout}`);
  const [, figure, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  const p99 = Number(figure) * { us: 0.001, ms: 1, s: 1000 }[unit];
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]), p99 };
}

/** The middle one. */
export function median(figures) {
  return figures.toSorted((left, right) => left - right)[Math.floor(figures.length / 2)];
}

/** A public video, and a function that puts objects of `size` bytes beside its segments and gives their paths. */
export async function store(server) {
  const api = await Api.register(server.url);
  const { id } = await api.call("POST", "/api/videos/init", {
    title: "bench",
    file_name: "bench.mp4",
    content_type: "video/mp4",
    size: 1000,
    visibility: "public",
  });
  const put = async (name, size) => {
    const path = `videos/${id}/bench/${name}.m4s`;
    const file = join(server.data, "objects", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, randomBytes(size));
    return { path: `/media/${path}`, file };
  };
  return { api, id, put };
}
