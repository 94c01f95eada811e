// Every page in every state that a person can meet, as functions that bring a browser's page there: for pictures (pictures.mjs)
// and for the test that everybody can use all of them (pages.test.mjs).
import { Api } from "./api.mjs";
import { bad, bigMp4, manyTracks, shortMp4, soundOnly } from "./fixtures.mjs";
import { axe, throttle, until } from "./kit.mjs";
import { chooseFiles, failureOf, signedIn, uploadCard } from "./pages.mjs";
import { play, seek, stateOf, videoOf } from "./player.mjs";

const LONG =
  "A very long title as people write them who want to say everything at once, with a Donaudampfschifffahrtsgesellschaft in it";
const TEXT = `${"The quick brown fox jumps over the lazy dog, and then it does so once more. ".repeat(6)}\n\nhttps://example.org/${"path/".repeat(30)}\n1\n2\n3`;

const AGENTS = [
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Safari/537.36",
  "curl/8.5.0",
  "A-program-with-a-very-long-name-of-its-own",
  "",
];

let made;
/** The videos that the states show: one account, made once for a run. */
export function videos(url) {
  made ??= (async () => {
    const owner = await Api.register(url);
    const send = async (path, title, options) => {
      const id = await owner.upload(path, { title, ...options });
      return id;
    };
    const ids = {
      ready: await send(await manyTracks(), "Two languages by the river", { contentType: "video/x-matroska" }),
      long: await send(await shortMp4(), LONG),
      sound: await send(await soundOnly(), "A song", { contentType: "audio/mp4" }),
      hidden: await send(await shortMp4(), "Private", { visibility: "private" }),
      broken: await send(await bad.truncated(), "Broken"),
      arriving: (await owner.send(await shortMp4(), { title: "On its way" })).id,
    };
    await owner.call("PATCH", `/api/videos/${ids.long}`, { description: TEXT });
    for (const id of [ids.ready, ids.long, ids.sound, ids.hidden]) await owner.ready(id, { timeout: 120_000 });
    await until("the failure", async () => (await owner.video(ids.broken)).state === "failed");
    return { owner, ids };
  })();
  return made;
}

/** The API's answer about a video, changed before the page has it; the socket is silent. */
async function pretend(page, id, change) {
  await page.routeWebSocket(`**/ws/videos/${id}`, () => undefined);
  await page.route(`**/api/videos/${id}`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: change(await answer.json()) });
  });
}

const heading = (page) => page.getByRole("heading", { level: 1 }).waitFor();

async function watch(page, url, id, at = 2) {
  await page.goto(`${url}/w/${id}`);
  await play(page);
  await videoOf(page).evaluate((video) => video.pause());
  await seek(page, at);
}

/** A list of many videos, made of the few there are. */
async function manyVideos(page, pattern) {
  await page.route(pattern, async (route) => {
    const answer = await route.fetch();
    const { items } = await answer.json();
    const playable = items.filter((item) => item.playable);
    const many = Array.from({ length: 12 }, (_, index) => {
      const item = playable[index % playable.length];
      return {
        ...item,
        id: `${item.id.slice(0, -2)}${String(index).padStart(2, "0")}`,
        duration_seconds: 7 * 5 ** (index % 7),
      };
    });
    await route.fulfill({ response: answer, json: { items: many, next_cursor: "more" } });
  });
}

async function menuOf(page, ...place) {
  await page.locator("media-controller").click({ button: "right", position: { x: place[0], y: place[1] } });
  await page.getByRole("menu").waitFor();
}

/** Each `open` leaves the page as a person would see it. The names are those of the pictures. */
export const STATES = {
  "home-empty": async ({ page, url }) => {
    await page.route("**/api/videos?*", (route) => route.fulfill({ json: { items: [] } }));
    await page.goto(`${url}/`);
    await heading(page);
  },
  "home-full": async ({ page, url }) => {
    await videos(url);
    await manyVideos(page, "**/api/videos?*");
    await page.goto(`${url}/`);
    await page.getByRole("listitem").first().waitFor();
    await until("the first posters", () =>
      page
        .locator("main img")
        .evaluateAll((all) => all.slice(0, 2).every(({ complete, naturalWidth }) => complete && naturalWidth > 0)),
    );
  },
  "home-error": async ({ page, url }) => {
    await page.route("**/api/videos?*", (route) =>
      route.fulfill({ status: 503, json: { title: "Down", status: 503 } }),
    );
    await page.goto(`${url}/`);
    await page.getByRole("button", { name: "Try again" }).waitFor({ timeout: 40_000 });
  },
  register: async ({ page, url }) => {
    await page.goto(`${url}/register`);
    await heading(page);
  },
  "register-refused": async ({ page, url }) => {
    const { owner } = await videos(url);
    await page.goto(`${url}/register`);
    await page.getByLabel(/^e-?mail$/i).fill(owner.user.email);
    await page.getByLabel("Username").fill(owner.user.username);
    await page.getByLabel("Password", { exact: true }).fill("long enough words");
    await page.getByRole("button", { name: "Create account" }).click();
    await until("a marked field", async () => (await page.locator("[aria-invalid=true]").count()) > 0);
  },
  login: async ({ page, url }) => {
    await page.goto(`${url}/login`);
    await heading(page);
  },
  "login-refused": async ({ page, url }) => {
    await page.goto(`${url}/login`);
    await page.getByLabel("Username or e-mail").fill("nobody");
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
  },
  "account-menu": async ({ page, url }) => {
    const { user } = await signedIn(page, url);
    await page.getByRole("button", { name: `Account menu of ${user.username}` }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  },
  "sessions-alone": async ({ page, url }) => {
    await signedIn(page, url);
    await page.goto(`${url}/settings/sessions`);
    await page.getByText("You are signed in nowhere else").waitFor();
  },
  "sessions-many": async ({ page, url }) => {
    await signedIn(page, url);
    await page.route("**/api/me/sessions", async (route) => {
      const answer = await route.fetch();
      const { items } = await answer.json();
      const others = AGENTS.map((user_agent, index) => ({
        id: `AAAAAAAAAA${index}`,
        user_agent,
        address: index % 2 === 0 ? "2001:db8:1234:5678:90ab:cdef:1234:5678" : "203.0.113.7",
        created_at: "2026-01-31T08:00:00Z",
        used_at: new Date(Date.now() - 1000 * 7 ** (index * 1.5 + 2)).toISOString(),
        current: false,
      }));
      await route.fulfill({ response: answer, json: { items: [...others, ...items] } });
    });
    await page.goto(`${url}/settings/sessions`);
    await page.getByRole("button", { name: "End all others" }).waitFor();
  },
  "sessions-end": async ({ page, url }) => {
    await STATES["sessions-many"]({ page, url });
    await page.getByRole("button", { name: "End Safari on iPhone" }).click();
    await page.getByRole("dialog").waitFor();
  },
  "my-empty": async ({ page, url }) => {
    await signedIn(page, url);
    await page.goto(`${url}/my`);
    await page.getByText("You have no videos yet").waitFor();
  },
  "my-full": async ({ page, url }) => {
    const { owner } = await videos(url);
    await signedInAs(page, url, owner);
    await page.goto(`${url}/my`);
    await page.getByText("Failed", { exact: true }).waitFor();
  },
  "my-edit": async ({ page, url }) => {
    await STATES["my-full"]({ page, url });
    await page.getByRole("button", { name: /^Edit “A very long/ }).click();
    await page.getByRole("dialog").waitFor();
  },
  "my-delete": async ({ page, url }) => {
    await STATES["my-full"]({ page, url });
    await page.getByRole("button", { name: /^Delete “A very long/ }).click();
    await page.getByRole("dialog").waitFor();
  },
  "watch-ready": async ({ page, url }) => {
    await watch(page, url, (await videos(url)).ids.ready);
  },
  "watch-mine": async ({ page, url }) => {
    const { owner, ids } = await videos(url);
    await signedInAs(page, url, owner);
    await watch(page, url, ids.ready);
    await page.getByText("How this video is prepared").click();
  },
  "watch-long": async ({ page, url }) => {
    await watch(page, url, (await videos(url)).ids.long);
    await page.getByRole("button", { name: "Show more" }).click();
  },
  "watch-growing": async ({ page, url }) => {
    const { ids } = await videos(url);
    await pretend(page, ids.ready, (video) => ({
      ...video,
      state: "processing",
      progress: 0.42,
      duration_seconds: 25,
      rungs: video.rungs.map((rung) => ({ ...rung, progress: 0.4 })),
      playback: { ...video.playback, dash_url: null, download_url: null },
    }));
    await page.route("**/*.m3u8", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.text()).replace("#EXT-X-ENDLIST", "") });
    });
    await watch(page, url, ids.ready);
    await page.locator("media-controller").hover();
  },
  "watch-waits-for-encode": async ({ page, url }) => {
    await STATES["watch-growing"]({ page, url });
    await videoOf(page).evaluate((video) => {
      video.currentTime = 18;
      void video.play();
    });
    await page.getByText("Still being prepared").waitFor();
  },
  "watch-processing": async ({ page, url }) => {
    const { ids } = await videos(url);
    await pretend(page, ids.ready, (video) => ({ ...video, state: "processing", playable: false, progress: 0.07 }));
    await page.goto(`${url}/w/${ids.ready}`);
    await page.getByText("is being prepared").waitFor();
  },
  "watch-uploading": async ({ page, url }) => {
    await page.goto(`${url}/w/${(await videos(url)).ids.arriving}`);
    await page.getByText("still being uploaded").waitFor();
  },
  "watch-failed": async ({ page, url }) => {
    await page.goto(`${url}/w/${(await videos(url)).ids.broken}`);
    await page.getByRole("alert").waitFor();
  },
  "watch-failed-mine": async ({ page, url }) => {
    const { owner, ids } = await videos(url);
    await signedInAs(page, url, owner);
    await page.goto(`${url}/w/${ids.broken}`);
    await page.getByRole("alert").waitFor();
  },
  "watch-audio": async ({ page, url }) => {
    await watch(page, url, (await videos(url)).ids.sound);
  },
  "watch-private": async ({ page, url }) => {
    await page.goto(`${url}/w/${(await videos(url)).ids.hidden}`);
    await page.getByText("This video is not available").waitFor();
  },
  "watch-recording": async ({ page, url }) => {
    const { ids } = await videos(url);
    await pretend(page, ids.ready, (video) => ({ ...video, being_recorded: true, state: "uploading" }));
    await watch(page, url, ids.ready);
    await page.getByRole("button", { name: "Watch the newest part" }).waitFor();
  },
  "watch-not-found": async ({ page, url }) => {
    await signedIn(page, url);
    await page.goto(`${url}/w/AAAAAAAAAAA`);
    await page.getByText("This video is not available").waitFor();
  },
  "watch-lost": async ({ page, url }) => {
    const { ids } = await videos(url);
    await page.route("**/*.m3u8", (route) => route.fulfill({ status: 404 }));
    await page.goto(`${url}/w/${ids.ready}`);
    await page.getByRole("button", { name: "Try again" }).waitFor({ timeout: 30_000 });
  },
  "watch-captions": async ({ page, url }) => {
    await page.goto(`${url}/`);
    await page.evaluate(() => localStorage.setItem("vitascope.player", '{"captions":"en"}'));
    await STATES["watch-ready"]({ page, url });
  },
  "watch-settings": async ({ page, url }) => {
    await STATES["watch-ready"]({ page, url });
    await page.getByRole("button", { name: "Settings" }).click();
  },
  "watch-menu": async ({ page, url }) => {
    await STATES["watch-ready"]({ page, url });
    await menuOf(page, 120, 60);
  },
  "watch-menu-edge": async ({ page, url }) => {
    await STATES["watch-ready"]({ page, url });
    const { width, height } = await videoOf(page).boundingBox();
    await menuOf(page, width - 12, height - 90);
  },
  "watch-stats": async ({ page, url }) => {
    await STATES["watch-menu"]({ page, url });
    await page.getByRole("menuitem", { name: "Stats for nerds" }).click();
  },
  "watch-shortcuts": async ({ page, url }) => {
    await STATES["watch-ready"]({ page, url });
    await page.keyboard.press("?");
  },
  "watch-storyboard": async ({ page, url }) => {
    await STATES["watch-ready"]({ page, url });
    const [x, y, width] = await page.locator("media-time-range").evaluate((range) => {
      const box = range.getBoundingClientRect();
      return [box.x, box.y + box.height / 2, box.width];
    });
    // Dragged and not only pointed at: a machine without a mouse has no hovering, and Chromium knows.
    await page.mouse.move(x + width * 0.1, y);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.3, y, { steps: 4 });
    await until("a picture over the bar", () =>
      page
        .locator("media-preview-thumbnail img")
        .evaluate(
          (image) =>
            image.naturalWidth > 0 && image.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
        ),
    );
  },
  "watch-theater": async ({ page, url }) => {
    await STATES["watch-ready"]({ page, url });
    await page.keyboard.press("t");
  },
  "watch-share": async ({ page, url }) => {
    await STATES["watch-ready"]({ page, url });
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByLabel("Start at a moment").check();
  },
  "watch-share-owner": async ({ page, url }) => {
    const { owner, ids } = await videos(url);
    await signedInAs(page, url, owner);
    await watch(page, url, ids.hidden);
    await page.getByRole("button", { name: "Share", exact: true }).click();
    await page.getByRole("button", { name: "New private link" }).click();
    await page.getByLabel("Password (optional)").fill("open sesame");
    await page.getByRole("button", { name: "Make link" }).click();
    await page.getByLabel("Your new link").waitFor();
    await page.getByRole("button", { name: "Show QR code" }).first().click();
    await page.locator("dialog svg[role=img][viewBox] path[fill]").waitFor({ state: "attached" });
  },
  "watch-share-form": async ({ page, url }) => {
    const { owner, ids } = await videos(url);
    await signedInAs(page, url, owner);
    await watch(page, url, ids.hidden);
    await page.getByRole("button", { name: "Share", exact: true }).click();
    await page.getByRole("button", { name: "New private link" }).click();
    await page.getByRole("button", { name: "Make link" }).scrollIntoViewIfNeeded();
  },
  "link-password": async ({ page, url }) => {
    const { owner, ids } = await videos(url);
    const link = await owner.call("POST", `/api/videos/${ids.hidden}/links`, { password: "open sesame" });
    await page.goto(url + link.url);
    await page.getByLabel("Password of the link").fill("guess it");
    await page.getByRole("button", { name: "Watch the video" }).click();
    await page.getByRole("alert").waitFor();
  },
  "link-ended": async ({ page, url }) => {
    await page.goto(`${url}/w/${(await videos(url)).ids.hidden}?share=none`);
    await heading(page);
  },
  "watch-end": async ({ page, url }) => {
    await watch(page, url, (await videos(url)).ids.ready, 9.5);
    await videoOf(page).evaluate((video) => video.play());
    await page.getByRole("button", { name: "Watch again" }).waitFor();
  },
  "upload-idle": async ({ page, url }) => {
    await signedIn(page, url);
    await page.goto(`${url}/upload`);
    await heading(page);
  },
  "upload-prepare": async ({ page, url }) => {
    await signedIn(page, url);
    await preparing(page, url, await shortMp4());
    await page.getByRole("slider", { name: "Start" }).fill("2.5");
    await page.getByText("never leaves this device", { exact: false }).waitFor();
  },
  "upload-prepare-refused": async ({ page, url }) => {
    await signedIn(page, url);
    await preparing(page, url, await bad.text());
    await page.getByRole("alert").waitFor();
  },
  "upload-running": async ({ page, url }) => {
    await uploading(page, url);
    await until("progress", async () => (await page.getByText(/left/).count()) > 0);
  },
  "upload-paused": async ({ page, url }) => {
    const card = await uploading(page, url);
    await card.getByRole("button", { name: "Pause upload" }).click();
    await card.getByText("Paused").waitFor();
  },
  "upload-offline": async ({ page, url, context }) => {
    const card = await uploading(page, url);
    await context.setOffline(true);
    await card.getByText("You are offline").waitFor({ timeout: 40_000 });
  },
  "upload-cancel": async ({ page, url }) => {
    const card = await uploading(page, url);
    await card.getByRole("button", { name: "Cancel upload" }).click();
    await page.getByRole("dialog").waitFor();
  },
  "upload-unfinished": async ({ page, url }) => {
    const api = await signedIn(page, url);
    await api.call("POST", "/api/videos/init", {
      title: LONG,
      file_name: "holiday.mov",
      content_type: "video/quicktime",
      size: 90_000_000,
    });
    await page.goto(`${url}/upload`);
    await page.getByRole("region", { name: "Unfinished uploads" }).waitFor();
  },
  "upload-ready-and-error": async ({ page, url }) => {
    await signedIn(page, url);
    await chooseFiles(page, url, [await shortMp4(), await bad.text()]);
    await failureOf(uploadCard(page, "text.mp4"));
    await uploadCard(page, "short.mp4").getByText("Ready", { exact: true }).waitFor({ timeout: 60_000 });
  },
  edit: async ({ page, url }) => {
    await editing(page, url, "ready");
  },
  "edit-cut": async ({ page, url }) => {
    await editing(page, url, "ready");
    for (const [seconds, key] of [
      [1, "i"],
      [3, "s"],
      [5, "s"],
    ]) {
      await playheadTo(page, seconds);
      await page.keyboard.press(key);
    }
    await playheadTo(page, 4);
    await page.getByRole("button", { name: "Cut this piece out" }).click();
    await playheadTo(page, 6);
    await page.getByRole("button", { name: "Use as poster" }).click();
  },
  "edit-sound": async ({ page, url }) => {
    await editing(page, url, "sound");
  },
  "edit-conflict": async ({ page, url }) => {
    await page.route("**/api/videos/*/edit", (route) =>
      route.request().method() === "PUT"
        ? route.fulfill({
            status: 409,
            json: {
              title: "Conflict",
              status: 409,
              code: "edit_conflict",
              detail: "This video was edited elsewhere meanwhile. Load its edit again, and save yours on top of it.",
            },
          })
        : route.continue(),
    );
    await editing(page, url, "ready");
    await playheadTo(page, 2);
    await page.getByRole("button", { name: "Begin here" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Load that edit, and drop mine" }).waitFor();
  },
  "edit-versions": async ({ page, url }) => {
    await page.route("**/api/videos/*/edit", async (route) => {
      const answer = await route.fetch();
      const edit = await answer.json();
      const version = (number, state, ...keep) => ({
        version: number,
        state,
        keep: keep.map(([from, to]) => ({ start_us: from * 1e6, end_us: to * 1e6 })),
        created_at: `2026-11-0${number}T10:00:00Z`,
      });
      const versions = [
        version(4, "done", [1, 3], [5, 9]),
        version(3, "failed", [0, 2]),
        version(2, "superseded", [0, 8]),
        version(1, "done", [0, 5]),
      ];
      await route.fulfill({ json: { ...edit, version: 4, shown: 4, state: "done", keep: versions[0].keep, versions } });
    });
    await editing(page, url, "ready");
    await page.getByText("Earlier versions (4)").click();
    await page
      .getByRole("button", { name: /^Load: Saved/ })
      .last()
      .click();
    await page.getByText("Loaded. Viewers get it when you save.").waitFor();
    await page.getByText("Earlier versions (4)").scrollIntoViewIfNeeded();
  },
  "edit-not-yours": async ({ page, url }) => {
    await signedIn(page, url);
    await page.goto(`${url}/edit/${(await videos(url)).ids.ready}`);
    await heading(page);
  },
  "not-found": async ({ page, url }) => {
    await page.goto(`${url}/nowhere`);
    await heading(page);
  },
  embed: async ({ page, url }) => {
    await page.goto(`${url}/embed/${(await videos(url)).ids.long}`);
    await page.getByRole("button", { name: /^Play/ }).waitFor();
  },
  "embed-playing": async ({ page, url }) => {
    await page.goto(`${url}/embed/${(await videos(url)).ids.ready}?autoplay=1&muted=1`);
    await until("pictures", async () => (await videoOf(page).count()) > 0 && (await stateOf(page)).presented > 3);
    await page.mouse.move(200, 100);
  },
  "embed-gone": async ({ page, url }) => {
    await page.goto(`${url}/embed/AAAAAAAAAAA`);
    await heading(page);
  },
};

/** What stands in the way of a person on this page: broken rules of accessibility, and a page wider than its window. */
export async function faults(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  const wide = content > window ? [`it is ${content} px wide in a window of ${window} px`] : [];
  return [...wide, ...(await axe(page))];
}

/** What these states print to the console although all is well. */
export const EXPECTED = /40[0-9]|422|503|ERR_|Failed to load|favicon/;

/** The page of an account that exists. */
export async function signedInAs(page, url, { user }) {
  await page.goto(`${url}/login`);
  await page.getByLabel("Username or e-mail").fill(user.username);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: `Account menu of ${user.username}` }).waitFor();
}

/** The editor of a video, with its picture, its small pictures and its loudness. */
export async function editing(page, url, which) {
  const { owner, ids } = await videos(url);
  await signedInAs(page, url, owner);
  await page.goto(`${url}/edit/${ids[which]}`);
  await page.getByRole("slider", { name: "Playhead" }).waitFor();
  await until("a picture", async () => (await stateOf(page)).readyState >= 2);
}

/** Moves the editor's playhead by its keys. */
export async function playheadTo(page, seconds) {
  const head = page.getByRole("slider", { name: "Playhead" });
  await head.focus();
  for (;;) {
    const now = Number(await head.getAttribute("aria-valuenow"));
    if (now === seconds) return;
    await page.keyboard.press(now < seconds ? "Shift+ArrowRight" : "Shift+ArrowLeft");
    await until("the playhead", async () => Number(await head.getAttribute("aria-valuenow")) !== now);
  }
}

/** A file that is looked at before it is uploaded. */
async function preparing(page, url, path) {
  await page.goto(`${url}/upload`);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Trim or shrink one first" }).click();
  await (await chooser).setFiles(path);
}

/** An upload that takes its time. */
async function uploading(page, url) {
  await signedIn(page, url);
  await page.goto(`${url}/upload`);
  await throttle(page, { up: 150_000 });
  await chooseFiles(page, url, await bigMp4(16));
  const card = uploadCard(page, "big-16.mp4");
  await card.getByText(/Uploading/).waitFor();
  return card;
}
