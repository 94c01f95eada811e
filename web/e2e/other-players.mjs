// A page for players that are not ours, each fed with nothing but the address of a playlist or a manifest. Their scripts
// come from node_modules and are served by the test: the product does not know them.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const SCRIPTS = {
  "/dash.js": "dashjs/dist/modern/umd/dash.all.min.js",
  "/shaka.js": "shaka-player/dist/shaka-player.compiled.js",
  "/hls.js": "hls.js/dist/hls.min.js",
};

// A frame of the page is what the barcode is read from, so the media must be asked for with CORS.
const page = (script) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Another player</title>
<video crossorigin="anonymous" playsinline muted style="width:640px"></video>
${script === undefined ? "" : `<script src="${script}"></script>`}`;

/** Serves the pages `/?{script}`; `close` ends it. */
export async function servePlayers() {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url, "http://127.0.0.1");
    const file = SCRIPTS[pathname];
    if (file !== undefined) {
      response.writeHead(200, { "content-type": "text/javascript; charset=utf-8" });
      createReadStream(require.resolve(`../node_modules/${file}`)).pipe(response);
    } else if (pathname === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      response.end(page(search === "" ? undefined : `/${search.slice(1)}`));
    } else {
      response.writeHead(204).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/**
 * How each player is driven, as functions that run in the page: `open(address)` makes `globalThis.player` with `levels` (heights from low to
 * high), `choose(index)` for everything that is fetched from now on, and `errors`. All of them keep the buffer ahead short, so that
 * a choice is heard soon.
 */
export const PLAYERS = {
  "dash.js": {
    script: "dash.js",
    url: "dash_url",
    open: async (address) => {
      const video = document.querySelector("video");
      const player = dashjs.MediaPlayer().create();
      const errors = [];
      player.on("error", (event) => errors.push(JSON.stringify(event.error ?? event)));
      player.initialize(video, undefined, false);
      player.updateSettings({
        streaming: {
          abr: { autoSwitchBitrate: { video: false, audio: false } },
          buffer: {
            bufferTimeDefault: 2,
            bufferTimeAtTopQuality: 2,
            bufferTimeAtTopQualityLongForm: 2,
            bufferToKeep: 60,
          },
        },
      });
      player.attachSource(address);
      await new Promise((resolve, reject) => {
        player.on("streamInitialized", resolve);
        player.on("error", (event) => reject(new Error(JSON.stringify(event.error))));
      });
      const representations = () =>
        player.getRepresentationsByType("video").sort((one, other) => one.height - other.height);
      globalThis.player = {
        levels: representations().map(({ height }) => height),
        choose: (index) => player.setRepresentationForTypeById("video", representations()[index].id),
        errors,
      };
    },
  },
  "shaka-player": {
    script: "shaka.js",
    url: "dash_url",
    open: async (address) => {
      const video = document.querySelector("video");
      shaka.polyfill.installAll();
      const player = new shaka.Player();
      const errors = [];
      player.addEventListener("error", (event) => errors.push(`${event.detail.code} ${event.detail.message}`));
      await player.attach(video);
      player.configure({
        abr: { enabled: false },
        streaming: { bufferingGoal: 2, rebufferingGoal: 0.5, bufferBehind: 60 },
      });
      await player.load(address);
      const tracks = () => player.getVariantTracks().sort((one, other) => one.height - other.height);
      globalThis.player = {
        levels: tracks().map(({ height }) => height),
        choose: (index) => player.selectVariantTrack(tracks()[index], false),
        errors,
      };
    },
  },
  "shaka-player, HLS": {
    script: "shaka.js",
    url: "hls_url",
  },
  "hls.js": {
    script: "hls.js",
    url: "hls_url",
    open: async (address) => {
      const video = document.querySelector("video");
      const player = new Hls({ maxBufferLength: 2, maxMaxBufferLength: 2, backBufferLength: 60, startPosition: 0 });
      const errors = [];
      player.on("hlsError", (_, { details, fatal }) => fatal && errors.push(details));
      player.loadSource(address);
      player.attachMedia(video);
      await new Promise((resolve) => player.on("hlsManifestParsed", resolve));
      globalThis.player = {
        player,
        levels: player.levels.map(({ height }) => height),
        choose: (index) => {
          player.loadLevel = index;
        },
        errors,
      };
    },
  },
  "Chromium's own HLS player": {
    url: "hls_url",
    open: async (address) => {
      const video = document.querySelector("video");
      video.src = address;
      await new Promise((resolve, reject) => {
        video.addEventListener("loadeddata", resolve, { once: true });
        video.addEventListener("error", () => reject(new Error(video.error.message)), { once: true });
      });
      // It chooses for itself.
      globalThis.player = { levels: [], errors: [] };
    },
  },
};
PLAYERS["shaka-player, HLS"].open = PLAYERS["shaka-player"].open;
