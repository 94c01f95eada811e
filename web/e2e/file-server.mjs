// A small web server for tests: plays a clip directly, and counts who asks (a forged playlist must not reach it).
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";

const PAGE = `<!doctype html><html lang="en"><title>One clip</title><video src="/clip" controls></video></html>`;

/** Serves a page at `/` with the file `path` in a video element; `asked` lists every request. */
export async function serveClip(path) {
  const asked = [];
  const server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(PAGE);
    } else if (request.url === "/clip" && path !== undefined) {
      const { size } = await stat(path);
      const type = path.endsWith(".webm") ? "video/webm" : "video/mp4";
      const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
      const start = Number(from ?? 0);
      const end = to ? Math.min(Number(to), size - 1) : size - 1;
      const headers = { "content-type": type, "accept-ranges": "bytes", "content-length": end - start + 1 };
      if (from === undefined) response.writeHead(200, headers);
      else response.writeHead(206, { ...headers, "content-range": `bytes ${start}-${end}/${size}` });
      const file = createReadStream(path, { start, end });
      response.on("close", () => file.destroy());
      file.pipe(response);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
