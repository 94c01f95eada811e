// A thousand readers that take one byte a second, a full media load, and what is left for the API.
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { startServer } from "../kit.mjs";
import { store, wrk } from "./load.mjs";

const READERS = 1000;
const OBJECTS = 200;
const SECONDS = 15;
const GOALS = { p99: 50, rss: 250 };

const server = await startServer();
const sockets = [];
try {
  const { id, put } = await store(server);
  const paths = [];
  for (let number = 0; number < OBJECTS; number += 1) paths.push((await put(`o${number}`, 1_000_000)).path);
  const idle = await rss();
  await Promise.all(Array.from({ length: READERS }, (_, number) => read(paths[number % OBJECTS])));
  console.log(`memory: ${idle} MB before, ${await rss()} MB with ${READERS} readers of a byte a second`);
  const [media, api] = await Promise.all([
    wrk(server.url + paths[0], 50, SECONDS),
    wrk(`${server.url}/api/videos/${id}`, 4, SECONDS),
    wrk(server.url + paths[1], 50, SECONDS),
  ]);
  const [most, still] = [await rss("VmHWM"), sockets.filter((socket) => !socket.destroyed).length];
  console.log(
    `${still} readers are still there; media ${media.rate.toFixed(0)}/s on one of two loads of 50 connections`,
  );
  console.log(`API: ${api.rate.toFixed(0)}/s, p99 ${api.p99.toFixed(1)} ms, wanted ${GOALS.p99} or less`);
  console.log(`memory at most: ${most} MB, wanted ${GOALS.rss} or less`);
  process.exitCode = api.p99 <= GOALS.p99 && most <= GOALS.rss && still === READERS ? 0 : 1;
} finally {
  for (const socket of sockets) socket.destroy();
  await server.stop();
}

/** Resident memory of the server in megabytes. */
async function rss(field = "VmRSS") {
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)[1]) / 1000);
}

/** Asks for an object and takes one byte of it now, then one every second. */
function read(path) {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      // A buffer of one byte: the kernel keeps the rest, and its window closes.
      onread: {
        buffer: Buffer.alloc(1),
        callback() {
          resolve();
          setTimeout(() => socket.resume(), 1000).unref();
          return false;
        },
      },
    });
    socket.once("error", reject);
    sockets.push(socket);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  });
}
