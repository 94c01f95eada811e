// Uploading by the page: several files, interruptions, files that are no videos, names that are more than a name.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "./api.mjs";
import { serveClip } from "./file-server.mjs";
import { bad, bigMp4, named, shortMp4, TRAILER } from "./fixtures.mjs";
import { openBrowser, startServer, suite, until } from "./kit.mjs";
import {
  accountMenu,
  chooseFiles,
  failureOf,
  registerByForm,
  signedIn,
  uploadAndWatch,
  uploadCard,
  watchLink,
} from "./pages.mjs";
import { play, progress, stateOf } from "./player.mjs";

const it = suite("upload");

/** Lets the first `count` parts through and holds the others, as a line that has become very slow. */
async function holdPartsAfter(page, count) {
  let sent = 0;
  await page.route("**/*", async (route) => {
    if (route.request().method() !== "PUT") return route.fallback();
    sent += 1;
    if (sent > count) return undefined;
    return route.continue();
  });
}

/** Counts the parts that a page sends from now on. */
function countParts(page) {
  const parts = [];
  page.on("requestfinished", (request) => {
    if (request.method() === "PUT") parts.push(request.url());
  });
  return parts;
}

it("several files go up together, and each has its own title, progress and link", async ({ page, url }) => {
  const api = await signedIn(page, url);
  const files = [TRAILER.path, await shortMp4()];
  await chooseFiles(page, url, files);
  const [trailer, short] = [uploadCard(page, "bbb-trailer-12s.mp4"), uploadCard(page, "short.mp4")];
  await short.getByLabel("Title").fill("A short one");
  await short.getByLabel("Description").fill("With a second line\nof description.");
  await short.getByLabel("Visibility").selectOption({ label: "Unlisted" });
  await short.getByText("Saved", { exact: true }).waitFor();

  const ids = [(await watchLink(trailer)).id, (await watchLink(short)).id];
  assert.notEqual(ids[0], ids[1]);
  const saved = await api.video(ids[1]);
  assert.deepEqual(
    { title: saved.title, description: saved.description, visibility: saved.visibility },
    { title: "A short one", description: "With a second line\nof description.", visibility: "unlisted" },
  );
  for (const card of [trailer, short]) await card.getByText("Ready", { exact: true }).waitFor({ timeout: 90_000 });
});

it("a file dropped anywhere on the page is uploaded", async ({ page, url }) => {
  await signedIn(page, url);
  const bytes = await readFile(await shortMp4());
  await page.evaluate(async (base64) => {
    const binary = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([binary], "dropped.mp4", { type: "video/mp4" }));
    for (const type of ["dragenter", "dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  }, bytes.toString("base64"));
  await page.waitForURL("**/upload");
  await watchLink(uploadCard(page, "dropped.mp4"));
});

it("after a closed tab the same file goes on where it stopped", async ({ page, url, context }) => {
  await signedIn(page, url);
  const path = await bigMp4(64);
  await holdPartsAfter(page, 2);
  await chooseFiles(page, url, path);
  const before = countParts(page);
  await until("two parts to be sent", () => before.length >= 2, { timeout: 60_000 });
  await page.close({ runBeforeUnload: false });

  const again = await context.newPage();
  await again.goto(`${url}/upload`);
  const list = again.getByRole("region", { name: "Unfinished uploads" });
  await list.getByRole("article").waitFor();
  const parts = countParts(again);
  const [chooser] = await Promise.all([
    again.waitForEvent("filechooser"),
    list.getByRole("button", { name: "Choose the file again" }).click(),
  ]);
  await chooser.setFiles(path);
  const card = uploadCard(again, path.split("/").at(-1));
  await card.getByText("Continued where it stopped").waitFor();
  await watchLink(card);
  const whole = new Set([...before, ...parts].map(partOf)).size;
  assert.ok(parts.length <= whole - 2, `${parts.length} parts were sent again of ${whole}`);
  assert.equal(new Set(parts.map(partOf)).size, parts.length, "no part was sent twice");
});

/** A part's URL without its signature, which differs each time. */
function partOf(url) {
  return new URL(url).pathname;
}

it("after a restarted browser the person is signed in and the same file goes on", async ({ url }) => {
  const profile = await mkdtemp(join(tmpdir(), "vitascope-profile-"));
  const path = await bigMp4(64);
  try {
    const first = await openBrowser({ profile });
    const page = first.context.pages()[0] ?? (await first.context.newPage());
    const user = await registerByForm(page, url);
    await holdPartsAfter(page, 2);
    const sent = countParts(page);
    await chooseFiles(page, url, path);
    await until("two parts to be sent", () => sent.length >= 2, { timeout: 60_000 });
    await first.close();

    const second = await openBrowser({ profile });
    try {
      const again = second.context.pages()[0] ?? (await second.context.newPage());
      await again.goto(`${url}/upload`);
      await accountMenu(again, user).waitFor();
      await again.getByRole("region", { name: "Unfinished uploads" }).getByRole("article").waitFor();
      const parts = countParts(again);
      // Recognised by what it is, not by where it was chosen: the big picker does as well.
      await chooseFiles(again, url, path);
      const card = uploadCard(again, path.split("/").at(-1));
      await card.getByText("Continued where it stopped").waitFor();
      await watchLink(card);
      assert.ok(
        parts.every((part) => !sent.map(partOf).includes(partOf(part))),
        "what was acknowledged is not sent again",
      );
    } finally {
      await second.close();
    }
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
});

it(
  "an upload in an open tab outlives a server that is killed and started again",
  async ({ page }) => {
    const data = await mkdtemp(join(tmpdir(), "vitascope-killed-"));
    let server = await startServer({ data });
    try {
      const path = await bigMp4(64);
      await registerByForm(page, server.url);
      const sent = countParts(page);
      await chooseFiles(page, server.url, path);
      await until("the first part to be sent", () => sent.length >= 1, { timeout: 60_000, every: 10 });
      await server.kill();
      server = await startServer({ data, listen: new URL(server.url).host });
      const { link } = await watchLink(uploadCard(page, path.split("/").at(-1)), { timeout: 90_000 });
      await link.click();
      await play(page, { timeout: 60_000 });
      await progress(page, 2);
    } finally {
      await server.stop();
      await rm(data, { recursive: true, force: true });
    }
  },
  { problems: /Failed to load resource|WebSocket connection/ },
);

const refused = {
  "a text file with the name of a video": bad.text,
  "a video whose second half is missing": bad.truncated,
  "a list of files for FFmpeg": bad.concat,
  "a picture with the name of a video": bad.image,
};

for (const [what, make] of Object.entries(refused)) {
  it(`${what} is refused in words, and the next file is not disturbed`, async ({ page, url }) => {
    const api = await signedIn(page, url);
    const path = await make();
    await chooseFiles(page, url, [path, await shortMp4()]);
    const card = uploadCard(page, path.split("/").at(-1));
    assertForPeople(await failureOf(card));
    assert.equal(await card.getByLabel("Title").count(), 0, "nobody is asked to name what is no video");
    await card.getByRole("button", { name: "Remove from list" }).click();
    await card.waitFor({ state: "detached" });
    await watchLink(uploadCard(page, "short.mp4"));

    await page.goto(`${url}/my`);
    const { items } = await api.call("GET", "/api/me/videos").catch(() => ({ items: [] }));
    for (const video of items.filter(({ state }) => state === "failed")) assertForPeople(video.error.message);
    await page.getByText("Failed", { exact: true }).waitFor();
  });
}

/** A reason that names no library, path, code or stack. */
function assertForPeople(reason) {
  assert.ok(reason.length > 15, `“${reason}” explains little`);
  assert.doesNotMatch(reason, /ffmpeg|ffprobe|moov|panick|\/tmp|\.rs\b|errno|exit (code|status)|Some\(|Err\(/i);
}

it("an empty file is refused before anything is sent", async ({ page, url }) => {
  await signedIn(page, url);
  const parts = countParts(page);
  await chooseFiles(page, url, await bad.empty());
  assert.match(await failureOf(uploadCard(page, "empty.mp4")), /empty/i);
  assert.equal(parts.length, 0);
});

it("a playlist with the name of a video reaches neither the network nor a file", async ({ page, url }) => {
  await signedIn(page, url);
  const trap = await serveClip();
  try {
    for (const make of [bad.playlist, bad.mpd]) {
      const path = await make(`${trap.url}/stolen.ts`);
      await chooseFiles(page, url, path);
      const reason = await failureOf(uploadCard(page, path.split("/").at(-1)));
      assertForPeople(reason);
      assert.doesNotMatch(reason, /root:|passwd/);
    }
    assert.deepEqual(trap.asked, [], "nobody came to fetch what the playlist names");
  } finally {
    await trap.close();
  }
});

const names = {
  slashes: "../../etc/passwd.mp4",
  "a zero byte": "nul\u0000byte.mp4",
  "right-to-left marks": "photo\u202Egnp.exe.mp4",
  emoji: "🎬 holiday 🏖️ – день 1.mp4",
  markup: "<img src=x onerror=alert(1)>.mp4",
  "two hundred letters": `${"long ".repeat(40)}.mp4`,
};

for (const [what, name] of Object.entries(names)) {
  it(`a name with ${what} is only a name`, async ({ page, url }) => {
    const api = await signedIn(page, url);
    await chooseFiles(page, url, { name, mimeType: "video/mp4", buffer: await readFile(await shortMp4()) });
    const card = page.getByRole("region", { name: "Your uploads" }).getByRole("article");
    const { id } = await watchLink(card);
    const { title } = await api.video(id);
    assert.ok(title.trim().length > 0 && [...title].length <= 200, `the title is “${title}”`);
    assert.doesNotMatch(title, /\p{Cc}|\p{Bidi_Control}/u, "nothing that turns text around or ends it");
    await page.goto(`${url}/w/${id}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.locator("img[src=x]").count(), 0);
  });
}

it("a file in a folder with an odd name goes up from the disk", async ({ page, url }) => {
  await signedIn(page, url);
  await uploadAndWatch(page, url, await named(await shortMp4(), "день 1 🎬.mp4"), "день 1 🎬.mp4");
  await play(page);
  assert.equal((await stateOf(page)).error, null);
});

it(
  "a running upload is cancelled after a question, and leaves nothing",
  async ({ page, url }) => {
    const api = await signedIn(page, url);
    await holdPartsAfter(page, 1);
    await chooseFiles(page, url, await bigMp4(64));
    const sent = countParts(page);
    await until("a part to be sent", () => sent.length >= 1, { timeout: 60_000 });
    const card = page.getByRole("region", { name: "Your uploads" }).getByRole("article");
    await card.getByRole("button", { name: "Cancel upload" }).click();
    const dialog = page.getByRole("dialog", { name: "Cancel this upload?" });
    await dialog.getByRole("button", { name: "Keep uploading" }).click();
    await card.waitFor();
    await card.getByRole("button", { name: "Cancel upload" }).click();
    await dialog.getByRole("button", { name: "Cancel upload" }).click();
    await card.waitFor({ state: "detached" });
    await page.goto(`${url}/my`);
    await page.getByText("You have no videos yet").waitFor();
    assert.ok(api.token);
  },
  { problems: /ERR_|Failed to load resource/ },
);

it("a stranger cannot touch an upload", async ({ url }) => {
  const [owner, stranger] = [await Api.register(url), await Api.register(url)];
  const { id } = await owner.send(await shortMp4());
  for (const [method, path, body] of [
    ["POST", "parts", { numbers: [1] }],
    ["GET", "upload"],
    ["POST", "complete", { count: 1 }],
  ]) {
    await assert.rejects(stranger.call(method, `/api/videos/${id}/${path}`, body), ({ status }) =>
      [403, 404].includes(status),
    );
  }
});
