// The recorder, by the buttons of its own page, in a real Chromium with devices from files and a tab that is really captured.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "./api.mjs";
import { axe, openBrowser, startServer, suite, until, watchForProblems } from "./kit.mjs";
import { signedIn } from "./pages.mjs";
import { audioLevel, play, sampleFrames, seek, stateOf } from "./player.mjs";
import {
  ALLOWED,
  barcodes,
  begin,
  clock,
  delays,
  deviceFlags,
  download,
  killBrowser,
  MICROPHONE_TONE,
  openRecorder,
  openTab,
  recorded,
  signInAgain,
  soundOffsets,
  stop,
  TAB_TONE,
  tones,
} from "./recorder.mjs";

const it = suite("record", { flags: deviceFlags });

/** Downloads what a take became and hands it to `look`. */
async function withDownload(api, id, look) {
  const folder = await mkdtemp(join(tmpdir(), "vitascope-take-"));
  try {
    await api.ready(id, { timeout: 90_000 });
    await look(await download(api, id, join(folder, "take.mp4")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Accessible, and no wider than its window. */
async function looksRight(page, state) {
  assert.deepEqual(await axe(page), [], state);
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `${state}: ${content} px wide in a window of ${window} px`);
}

/** The middle of where the bubble stands first. */
const BUBBLE = [0.11, 0.86];

/** How far the values of a barcode run with the time of their frames, over the whole recording. */
function assertSteady(frames, { seconds, loop }) {
  const read = frames.filter(({ value }) => value !== null);
  assert.ok(read.length >= frames.length * 0.9, `${read.length} of ${frames.length} barcodes could be read`);
  const length = frames.at(-1).time - frames[0].time;
  assert.ok(length >= seconds - 1.2, `the recording has ${length.toFixed(1)} s of ${seconds}`);
  let worst = 0;
  for (const [index, frame] of read.entries()) {
    const before = read[index - 1];
    if (before === undefined) continue;
    const step = (frame.value - before.value + (loop ?? 0)) % (loop ?? Number.POSITIVE_INFINITY);
    worst = Math.max(worst, Math.abs(step - (frame.time - before.time) * 1000));
  }
  // A second that is lost would show; a picture that comes late on a busy machine may.
  assert.ok(worst < 1000, `a frame stands ${worst.toFixed(0)} ms beside its time`);
}

it(
  "the camera and the microphone are recorded, and the watch page plays them at once",
  async ({ page, url }) => {
    const api = await signedIn(page, url);
    await openRecorder(page, url, { source: "camera" });
    await page.getByLabel("Microphone", { exact: true }).waitFor();
    await looksRight(page, "before");
    await begin(page);
    await page.getByLabel("Title").fill("My first take");
    await looksRight(page, "recording");
    await recorded(page, 5);
    await page.getByText("Everything up to now is safe on the server").waitFor();
    const id = await stop(page);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${url}/w/${id}`, "the link is copied");
    await play(page, { timeout: 30_000 });
    assert.ok((await sampleFrames(page, 1500)).some(({ barcode }) => barcode !== null));
    assert.ok((await audioLevel(page)) > 0.05);
    const video = await api.video(id);
    assert.deepEqual([video.title, video.origin], ["My first take", "recording"]);
    await withDownload(api, id, async (file) => {
      assertSteady(await barcodes(file), { seconds: 5, loop: 10_000 });
      const [microphone] = await tones(file, MICROPHONE_TONE);
      assert.ok(microphone > 0.05, `the microphone's tone is ${microphone}`);
    });
  },
  { settings: ALLOWED, timeout: 180_000 },
);

it(
  "a tab with the camera's bubble and both sounds is one recording",
  async ({ page, url, context }) => {
    const api = await signedIn(page, url);
    const source = await openTab(context);
    try {
      await page.bringToFront();
      await openRecorder(page, url, { source: "browser", bubble: true });
      await begin(page);
      await source.tab.evaluate(() => void globalThis.blink());
      await recorded(page, 6);
      const id = await stop(page);
      await withDownload(api, id, async (file) => {
        assertSteady(await barcodes(file), { seconds: 6 });
        const [microphone, tab] = await tones(file, MICROPHONE_TONE, TAB_TONE);
        assert.ok(microphone > 0.05 && tab > 0.02, `the tones are ${microphone} and ${tab}`);
        const offsets = await soundOffsets(file);
        const middle = offsets.toSorted((a, b) => a - b)[Math.floor(offsets.length / 2)];
        assert.ok(Math.abs(middle) <= 60, `the sound comes ${offsets.map(Math.round).join(", ")} ms after the picture`);
      });
      const { width, height } = await api.video(id);
      await play(page, { timeout: 30_000 });
      await seek(page, 2);
      await sampleFrames(page, 500);
      const [colour] = await colours(page, BUBBLE);
      assert.ok(colour[0] > 120 && colour[1] < 110 && colour[2] > 120, `the bubble is ${colour} in ${width}×${height}`);
    } finally {
      source.close();
    }
  },
  { settings: ALLOWED, timeout: 180_000 },
);

it(
  "while it is being recorded a second browser plays it a few seconds behind",
  async ({ page, url, context }) => {
    const api = await signedIn(page, url);
    const source = await openTab(context);
    const second = await openBrowser();
    try {
      await page.bringToFront();
      await openRecorder(page, url, { source: "browser", bubble: false, microphone: false });
      await begin(page);
      const id = await link(page);
      await api.call("PATCH", `/api/videos/${id}`, { visibility: "unlisted" });
      const viewer = await (await second.newContext()).newPage();
      const problems = watchForProblems(viewer);
      await api.playable(id);
      await viewer.goto(`${url}/w/${id}`);
      await viewer.getByText("This is being recorded.").waitFor();
      await play(viewer);
      const early = await delays(viewer, source.tab, 6000);
      // Who comes late begins at the start, and goes to the newest part by one button.
      await recorded(page, 20);
      await viewer.reload();
      await play(viewer);
      await viewer.getByRole("button", { name: "Watch the newest part" }).click();
      await until("the newest part", async () => (await stateOf(viewer)).currentTime > 8);
      const late = await delays(viewer, source.tab, 6000);
      for (const [who, seen] of Object.entries({ early, late })) {
        const sorted = seen.toSorted((a, b) => a - b);
        const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
        console.log(
          `${who}: ${seen.length} frames, ${Math.round(median)} ms behind in the middle, ${Math.round(worst)} at most`,
        );
        assert.ok(seen.length >= 30, `${who}: only ${seen.length} barcodes`);
        assert.ok(median <= 8000, `${who}: ${median} ms behind`);
      }
      await stop(page);
      await until(
        "the end of the take in the other browser",
        async () => {
          const { duration } = await stateOf(viewer);
          const video = await api.video(id);
          return video.state === "ready" && Math.abs(duration - video.duration_seconds) < 0.2;
        },
        { timeout: 60_000 },
      );
      assert.deepEqual(problems, []);
    } finally {
      await second.close();
      source.close();
    }
  },
  { settings: ALLOWED, timeout: 180_000 },
);

/** The colours of what is on the screen, at places given as shares of its width and height. */
function colours(page, ...places) {
  return page
    .locator("video")
    .first()
    .evaluate((video, all) => {
      const context = new OffscreenCanvas(1, 1).getContext("2d");
      const { videoWidth: width, videoHeight: height } = video;
      return all.map(([x, y]) => {
        context.drawImage(video, width * x, height * y, 4, 4, 0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
      });
    }, places);
}

it(
  "a still screen goes on giving pictures and its sound, until “stop sharing” in the browser's own bar ends the take properly",
  async ({ page, url, context }) => {
    await keepTracks(page);
    const api = await signedIn(page, url);
    const source = await openTab(context);
    try {
      await source.tab.evaluate(() => globalThis.standStill());
      await page.bringToFront();
      await openRecorder(page, url, { source: "browser", bubble: false, microphone: false });
      await begin(page);
      await recorded(page, 4);
      await page.evaluate(() => globalThis.unplug("getDisplayMedia", "video"));
      await page.waitForURL("**/w/*");
      const id = new URL(page.url()).pathname.split("/").at(-1);
      await withDownload(api, id, async (file) => {
        const frames = await barcodes(file);
        const gaps = frames.slice(1).map((frame, index) => frame.time - frames[index].time);
        assert.ok(Math.max(...gaps) < 0.7, `${Math.max(...gaps)} s without a picture`);
        const [microphone, tab] = await tones(file, MICROPHONE_TONE, TAB_TONE);
        assert.ok(microphone < 0.005 && tab > 0.02, `the tones are ${microphone} and ${tab}`);
      });
    } finally {
      source.close();
    }
  },
  { settings: ALLOWED, timeout: 180_000 },
);

it(
  "a phone that is turned in the middle keeps its first picture's size, with bars, and the take is whole at once",
  async ({ page, url }) => {
    await page.addInitScript(() => {
      const original = MediaDevices.prototype.getUserMedia;
      MediaDevices.prototype.getUserMedia = async function open(wanted) {
        if (!wanted.video) return original.call(this, wanted);
        const canvas = document.createElement("canvas");
        Object.assign(canvas, { width: 640, height: 360 });
        const context = canvas.getContext("2d");
        setInterval(() => {
          context.fillStyle = canvas.width > canvas.height ? "#d02020" : "#2020d0";
          context.fillRect(0, 0, canvas.width, canvas.height);
        }, 33);
        globalThis.turn = () => Object.assign(canvas, { width: 360, height: 640 });
        return canvas.captureStream(30);
      };
    });
    const api = await signedIn(page, url);
    await openRecorder(page, url, { source: "camera" });
    await begin(page);
    await recorded(page, 4);
    await page.evaluate(() => globalThis.turn());
    await recorded(page, 8);
    const id = await stop(page);
    const stopped = Date.now();
    const video = await api.waitFor(id, "whole", (one) => one.playable && one.duration_seconds >= 7, { every: 20 });
    console.log(`a picture that was turned: whole ${Date.now() - stopped} ms after the stop`);
    assert.deepEqual([video.width, video.height], [640, 360]);
    const picture = video.rungs.find((rung) => rung.kind === "video");
    assert.equal(picture.copied, true, "the picture never changed for the encoder");
    await play(page, { timeout: 30_000 });
    await seek(page, 6.5);
    const [[, , blue], [bar]] = await colours(page, [0.5, 0.5], [0.1, 0.5]);
    assert.ok(blue > 120 && bar < 40, `in the middle ${blue}, beside it ${bar}`);
  },
  { settings: ALLOWED, timeout: 120_000 },
);

it(
  "without streams of frames the bubble is drawn on a canvas, and takes are kept in the database",
  async ({ page, url, context }) => {
    await page.addInitScript(() => {
      delete globalThis.MediaStreamTrackProcessor;
      delete StorageManager.prototype.getDirectory;
    });
    await signedIn(page, url);
    const source = await openTab(context);
    try {
      await page.bringToFront();
      await openRecorder(page, url, { source: "browser" });
      await begin(page);
      // Long enough to be still playing when it is looked at: it begins by itself.
      await recorded(page, 6);
      await stop(page);
      await play(page, { timeout: 30_000 });
      // A page that has just been made leaves out frames for a second where two cores do everything.
      const seen = await sampleFrames(page, 4000);
      const read = new Set(seen.map(({ barcode }) => barcode).filter((barcode) => barcode !== null));
      assert.ok(read.size >= 3, `${read.size} pictures in ${seen.length} frames`);
    } finally {
      source.close();
    }
  },
  { settings: ALLOWED, timeout: 180_000 },
);

it(
  "pause, go on, mute, start over and discard do what they say, with only a keyboard",
  async ({ page, url }) => {
    const api = await signedIn(page, url);
    await openRecorder(page, url, { source: "camera", countdown: 3 });
    await press(page, page.getByRole("button", { name: "Start recording" }));
    await page.getByText("Recording starts in 3").waitFor();
    await page.getByRole("timer").waitFor();
    await recorded(page, 1);
    await press(page, page.getByRole("button", { name: "Pause" }));
    await page.getByText("Paused", { exact: true }).waitFor();
    const paused = await page.getByRole("timer").textContent();
    await press(page, page.getByRole("button", { name: "Mute microphone" }));
    await page.getByRole("button", { name: "Unmute microphone" }).waitFor();
    assert.equal(await page.getByRole("timer").textContent(), paused, "a pause takes no time");
    await press(page, page.getByRole("button", { name: "Go on" }));
    await page.getByText("Recording", { exact: true }).waitFor();
    const first = await link(page);
    await page.getByRole("switch", { name: "Show it while it is being recorded" }).press("Space");
    await until("others to see it only when it has ended", async () => {
      const video = await api.video(first);
      return video.being_recorded && video.show_while_recording === false;
    });

    await press(page, page.getByRole("button", { name: "Start over" }));
    await press(page, page.getByRole("dialog").getByRole("button", { name: "Start over" }));
    await page.getByText("Recording starts in").waitFor();
    await page.getByRole("timer").waitFor();
    const second = await link(page);
    assert.notEqual(first, second);
    await assert.rejects(api.video(first), ({ status }) => status === 404);

    await press(page, page.getByRole("button", { name: "Discard" }));
    await press(page, page.getByRole("dialog").getByRole("button", { name: "Discard" }));
    await page.getByRole("button", { name: "Start recording" }).waitFor();
    await until("the video to be gone", () =>
      api.video(second).then(
        () => false,
        ({ status }) => status === 404,
      ),
    );
    assert.deepEqual(await takesOf(page), [], "nothing stays on this device");
  },
  { settings: ALLOWED, timeout: 120_000, problems: /404/ },
);

/** Reaches an element with Tab alone, and presses Enter. */
async function press(page, locator) {
  await locator.waitFor();
  for (let steps = 0; steps < 60; steps += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${locator}`);
}

/** The id in the link that the panel shows. */
async function link(page) {
  return (await page.getByText("/w/").textContent()).split("/").at(-1);
}

/** Lets no part get to the server until the answer is called. */
async function holdParts(page) {
  const held = [];
  let open = false;
  await page.route("**/upload/**", (route) => (open ? route.continue() : held.push(route)));
  return async () => {
    open = true;
    for (const route of held.splice(0)) await route.continue();
  };
}

/** The takes that this device keeps. */
function takesOf(page) {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const takes = await root.getDirectoryHandle("takes", { create: true });
    const names = [];
    for await (const name of takes.keys()) names.push(name);
    return names;
  });
}

it(
  "a cut network and an unplugged microphone leave the take whole, and an unplugged camera ends it properly",
  async ({ page, url, context }) => {
    await keepTracks(page);
    const api = await signedIn(page, url);
    await openRecorder(page, url, { source: "camera" });
    await begin(page);
    await recorded(page, 2);
    await context.setOffline(true);
    await page.getByText("You are offline. The recording goes on").waitFor();
    await recorded(page, 6);
    await context.setOffline(false);
    await page.getByText("Everything up to now is safe on the server").waitFor();
    await page.evaluate(() => globalThis.unplug("getUserMedia", "audio"));
    await page.getByText("The microphone is gone. The recording goes on without it.").waitFor();
    await recorded(page, 8);
    await page.evaluate(() => globalThis.unplug("getUserMedia", "video"));
    await page.waitForURL("**/w/*");
    const id = new URL(page.url()).pathname.split("/").at(-1);
    await withDownload(api, id, async (file) => {
      assertSteady(await barcodes(file), { seconds: 8, loop: 10_000 });
    });
    const picture = (await api.video(id)).rungs.find((rung) => rung.kind === "video" && rung.height === 360);
    assert.equal(picture.copied, true, "the sound goes on in silence: what was published stays");
  },
  { settings: ALLOWED, timeout: 180_000, problems: /ERR_INTERNET_DISCONNECTED|WebSocket/ },
);

it(
  "a browser that is killed in the middle loses no more than its last second",
  async ({ url }) => {
    const profile = await mkdtemp(join(tmpdir(), "vitascope-crash-"));
    const flags = await deviceFlags();
    try {
      const first = await openBrowser({ profile, flags });
      await first.context.grantPermissions(ALLOWED.permissions);
      const page = first.context.pages()[0] ?? (await first.context.newPage());
      const api = await signedIn(page, url);
      await openRecorder(page, url, { source: "camera" });
      await begin(page);
      await recorded(page, 2);
      // From here on nothing gets through: what is recorded now is on this device alone.
      await holdParts(page);
      await recorded(page, 6);
      const id = await link(page);
      const seconds = 6;
      await killBrowser(profile);
      await first.close().catch(() => undefined);

      const second = await openBrowser({ profile, flags });
      try {
        const again = second.context.pages()[0] ?? (await second.context.newPage());
        await signInAgain(again, url, api.user);
        await again.getByText("A recording was interrupted").waitFor();
        await again.getByRole("link", { name: "Finish or discard it" }).click();
        const take = again.getByRole("region", { name: "Interrupted recordings" }).getByRole("article");
        await take.getByRole("button", { name: "Finish it" }).click();
        await take.getByRole("link", { name: "Watch" }).click();
        await again.waitForURL(`**/w/${id}`);
        await play(again, { timeout: 30_000 });
        await withDownload(api, id, async (file) => {
          const frames = await barcodes(file);
          assertSteady(frames, { seconds, loop: 10_000 });
        });
        assert.deepEqual(await takesOf(again), []);
      } finally {
        await second.close();
      }
    } finally {
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  },
  { timeout: 180_000 },
);

/** Lets a test take the tracks that the page has opened, to unplug them. */
function keepTracks(page) {
  return page.addInitScript(() => {
    globalThis.opened = [];
    for (const name of ["getUserMedia", "getDisplayMedia"]) {
      const original = MediaDevices.prototype[name];
      MediaDevices.prototype[name] = async function open(...words) {
        const stream = await original.apply(this, words);
        globalThis.opened.push(...stream.getTracks().map((track) => ({ name, track })));
        return stream;
      };
    }
    globalThis.unplug = (name, kind) => {
      for (const { track } of globalThis.opened.filter((one) => one.name === name && one.track.kind === kind)) {
        track.stop();
        // `stop` itself tells nobody; a device that goes away does.
        track.dispatchEvent(new Event("ended"));
      }
    };
  });
}

it(
  "a take that is stopped at once is nothing, here and on the server",
  async ({ page, url }) => {
    const api = await signedIn(page, url);
    await openRecorder(page, url, { source: "camera" });
    await page.evaluate(() => {
      const press = (name) => {
        const button = [...document.querySelectorAll("button")].find((one) => one.textContent === name);
        button?.click();
        return button !== undefined;
      };
      // In the moment the buttons are there: no hand is quicker.
      const observer = new MutationObserver(() => {
        if (press("Pause") && press("Stop")) observer.disconnect();
      });
      observer.observe(document.body, { childList: true, subtree: true });
    });
    await page.getByRole("button", { name: "Start recording" }).click();
    await page.getByText("That was too short to keep").waitFor();
    const { items } = await api.call("GET", "/api/me/videos");
    assert.deepEqual(items, []);
    assert.deepEqual(await takesOf(page), []);
  },
  { settings: ALLOWED, problems: /404/ },
);

it(
  "when the browser's storage is full the take goes on from memory and says so",
  async ({ page, url, context }) => {
    const api = await signedIn(page, url);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: url, quotaSize: 500_000 });
    await openRecorder(page, url, { source: "camera" });
    await begin(page);
    const release = await holdParts(page);
    await page.getByText("The browser’s storage takes no more.").waitFor();
    await recorded(page, 5);
    await release();
    const id = await stop(page);
    await api.waitFor(id, "the whole duration", ({ duration_seconds: duration }) => duration >= 4);
  },
  { settings: ALLOWED, timeout: 180_000 },
);

it(
  "a session that is ended elsewhere in the middle: sign in again, and nothing of the take is missing",
  async ({ page, url }) => {
    const api = await signedIn(page, url);
    await openRecorder(page, url, { source: "camera" });
    await begin(page);
    await recorded(page, 2);
    const elsewhere = await new Api(url).call("POST", "/api/auth/login", {
      login: api.user.username,
      password: api.user.password,
    });
    await new Api(url, elsewhere.access_token).call("DELETE", "/api/me/sessions");
    await page.getByText("You were signed out.").waitFor();
    await page.getByText("The recording goes on and is kept on this device.").waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByRole("alert").getByRole("link", { name: "Sign in" }).click();
    await page.getByLabel("Username or e-mail").fill(api.user.username);
    await page.getByLabel("Password", { exact: true }).fill(api.user.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/record");
    await recorded(page, 8);
    await page.getByText("Everything up to now is safe on the server").waitFor();
    const seconds = await clock(page);
    const id = await stop(page);
    await withDownload(new Api(url, elsewhere.access_token), id, async (file) => {
      assertSteady(await barcodes(file), { seconds, loop: 10_000 });
    });
  },
  { settings: ALLOWED, timeout: 180_000, problems: /401|WebSocket/ },
);

it(
  "a second tab leaves the take of the first alone, and records one of its own",
  async ({ page, url, context }) => {
    const api = await signedIn(page, url);
    await openRecorder(page, url, { source: "camera" });
    await begin(page);
    await recorded(page, 2);
    const second = await context.newPage();
    await second.goto(`${url}/record`);
    await second.getByLabel("Microphone", { exact: true }).waitFor();
    assert.equal(await second.getByRole("region", { name: "Interrupted recordings" }).count(), 0);
    await begin(second);
    await recorded(second, 3);
    const other = await stop(second);
    await page.bringToFront();
    await recorded(page, 6);
    const id = await stop(page);
    assert.notEqual(other, id);
    for (const [take, seconds] of [
      [id, 6],
      [other, 3],
    ]) {
      await withDownload(api, take, async (file) => {
        assertSteady(await barcodes(file), { seconds, loop: 10_000 });
      });
    }
    assert.deepEqual(await takesOf(page), []);
  },
  { settings: ALLOWED, timeout: 180_000 },
);

it(
  "a refused permission and a refused screen are said in words, with a way on",
  async ({ page, url }) => {
    await page.addInitScript(() => {
      const refuse = async () => Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
      MediaDevices.prototype.getUserMedia = refuse;
      MediaDevices.prototype.getDisplayMedia = refuse;
    });
    await signedIn(page, url);
    await openRecorder(page, url, { source: "camera" });
    await page.getByRole("button", { name: "Start recording" }).click();
    await page.getByRole("alert").getByText("does not let this page use the camera or microphone").waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByText("Screen", { exact: true }).click();
    await page.getByRole("button", { name: "Start recording" }).click();
    await page.getByRole("alert").getByText("No screen was chosen").waitFor();
  },
  { settings: {} },
);

it("without https the page says what it needs", async ({ page, url }) => {
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, "isSecureContext", { value: false });
  });
  await signedIn(page, url);
  await page.goto(`${url}/record`);
  await page.getByRole("heading", { name: "Recording needs https" }).waitFor();
  assert.deepEqual(await axe(page), []);
});

it("a session whose token ends in the middle goes on; a full account is told, and keeps what it has", async () => {
  const server = await startServer({
    environment: { VITASCOPE_ACCESS_TOKEN_SECONDS: "4", VITASCOPE_QUOTA_BYTES: String((4 << 20) + 200_000) },
  });
  const browser = await openBrowser({ flags: await deviceFlags() });
  try {
    const page = await (await browser.newContext(ALLOWED)).newPage();
    const api = await signedIn(page, server.url);
    await openRecorder(page, server.url, { source: "camera" });
    await begin(page);
    await page.getByText("Your room on the server is full.").waitFor({ timeout: 60_000 });
    await page.getByText("The recording goes on and is kept on this device.").waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("heading", { name: "The recording is not finished yet" }).waitFor();
    await page.getByRole("button", { name: "Finish with what was sent" }).click();
    await page.waitForURL("**/w/*");
    await play(page, { timeout: 30_000 });
    assert.equal((await stateOf(page)).error, null);
    assert.ok(api);
  } finally {
    await browser.close();
    await server.stop();
  }
});

it(
  "the page fits on a dark phone, before and in a take",
  async ({ page, url }) => {
    await signedIn(page, url);
    await openRecorder(page, url, { source: "camera" });
    await page.getByLabel("Microphone", { exact: true }).waitFor();
    await looksRight(page, "before");
    await begin(page);
    await looksRight(page, "recording");
    await page.getByRole("button", { name: "Discard" }).click();
    await looksRight(page, "asking");
    await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
    await page.getByRole("button", { name: "Start recording" }).waitFor();
  },
  { settings: { ...ALLOWED, viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme: "dark" } },
);
