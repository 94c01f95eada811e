// The pages around the video: what they say, whom they let in, how they look and who can use them.
import assert from "node:assert/strict";
import { Api } from "./api.mjs";
import { shortMp4 } from "./fixtures.mjs";
import { fresh, suite, until } from "./kit.mjs";
import { accountMenu, registerByForm, signedIn } from "./pages.mjs";
import { play } from "./player.mjs";
import { EXPECTED, faults, STATES, videos } from "./states.mjs";

const it = suite("pages");

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

it(
  "a person registers, signs out and signs in again by name and by e-mail",
  async ({ page, url }) => {
    const user = await registerByForm(page, url);
    const signOut = async () => {
      await accountMenu(page, user).click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("link", { name: "Sign in" }).first().waitFor();
    };
    const signIn = async (login, password) => {
      await page.goto(`${url}/login`);
      await page.getByLabel("Username or e-mail").fill(login);
      await page.getByLabel("Password", { exact: true }).fill(password);
      await page.getByRole("button", { name: "Sign in" }).click();
    };
    await signOut();
    await signIn(user.username, "not the password");
    await page.getByRole("alert").waitFor();
    assert.match(await page.getByRole("alert").textContent(), /not right/);
    await signIn(user.username, user.password);
    await accountMenu(page, user).waitFor();
    await signOut();
    await signIn(user.email, user.password);
    await accountMenu(page, user).waitFor();
    await page.reload();
    await accountMenu(page, user).waitFor();
  },
  { problems: /401/ },
);

it(
  "a refused registration says at each field what is wrong",
  async ({ page, url }) => {
    const { user } = await Api.register(url);
    await page.goto(`${url}/register`);
    await page.getByLabel(/^e-?mail$/i).fill(`${fresh("other")}@example.org`);
    await page.getByLabel("Username").fill(user.username);
    await page.getByLabel("Password", { exact: true }).fill("long enough words");
    await page.getByRole("button", { name: "Create account" }).click();
    await until("the name's field to be marked", () =>
      page.getByLabel("Username").evaluate((field) => field.getAttribute("aria-invalid") === "true"),
    );
    const described = await page.getByLabel("Username").evaluate((field) =>
      (field.getAttribute("aria-describedby") ?? "")
        .split(" ")
        .map((id) => document.getElementById(id)?.textContent)
        .join(" "),
    );
    assert.match(described, /taken|use/i);
  },
  { problems: /40[09]|422/ },
);

it("a page for members asks strangers to sign in and brings them back", async ({ page, url }) => {
  const { user } = await Api.register(url);
  await page.goto(`${url}/my`);
  await page.waitForURL("**/login?next=*");
  await page.getByLabel("Username or e-mail").fill(user.username);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/my");
  await page.getByText("You have no videos yet").waitFor();
});

it("the home page shows public videos with poster and length, and no others", async ({ page, url }) => {
  const api = await Api.register(url);
  const [shown, hidden] = [fresh("Shown "), fresh("Hidden ")];
  const id = await api.upload(await shortMp4(), { title: shown });
  await api.upload(await shortMp4(), { title: hidden, visibility: "unlisted" });
  await api.ready(id, { timeout: 60_000 });
  await page.goto(`${url}/`);
  const card = page.getByRole("listitem").filter({ hasText: shown });
  await card.waitFor();
  await card.getByText("0:08").first().waitFor();
  await until("the poster", () => card.locator("img").evaluate((image) => image.complete && image.naturalWidth > 0));
  assert.equal(await page.getByText(hidden).count(), 0);
  await card.getByRole("link", { name: shown }).first().click();
  await page.waitForURL(`**/w/${id}`);
  await play(page);
});

it("the owner edits and deletes a video", async ({ page, url }) => {
  const api = await signedIn(page, url);
  const id = await api.upload(await shortMp4(), { title: "Before", visibility: "private" });
  await api.ready(id, { timeout: 60_000 });
  await page.goto(`${url}/my`);
  await page.getByRole("button", { name: "Edit “Before”" }).click();
  const edit = page.getByRole("dialog", { name: "Edit video" });
  await edit.getByLabel("Title").fill("After");
  await edit.getByLabel("Visibility").selectOption({ label: "Public" });
  await edit.getByLabel("Description").fill("Two lines,");
  await edit.getByLabel("Description").press("Control+Enter");
  await page.getByRole("link", { name: "After" }).waitFor();
  const { title, visibility } = await api.video(id);
  assert.deepEqual({ title, visibility }, { title: "After", visibility: "public" });

  const { playback } = await api.video(id);
  await page.getByRole("button", { name: "Delete “After”" }).click();
  const ask = page.getByRole("dialog", { name: "Delete this video?" });
  await ask.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Delete “After”" }).click();
  await ask.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("You have no videos yet").waitFor();
  await assert.rejects(api.video(id), ({ status }) => status === 404);
  assert.equal((await fetch(new URL(playback.hls_url, url))).status, 404, "its playlist is gone with it");
});

it(
  "an address without a page, and a video that is not there, say so and answer 404",
  async ({ page, url }) => {
    for (const [path, heading] of [
      ["/nowhere/at/all", "There is nothing here"],
      ["/w/AAAAAAAAAAAA", "This video is not available"],
    ]) {
      const answer = await page.goto(url + path);
      assert.equal(answer.status(), 404, path);
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
      await page.getByRole("link", { name: "Go to the home page" }).waitFor();
    }
  },
  { problems: /404/ },
);

/** How bright the page's ground is, from 0 to 255, as it is painted and not as a style says: a corner of a screenshot. */
async function brightness(page) {
  const { height } = page.viewportSize();
  const shot = await page.screenshot({ clip: { x: 2, y: height - 6, width: 4, height: 4 }, animations: "disabled" });
  return page.evaluate(async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.drawImage(image, 0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3;
  }, shot.toString("base64"));
}

/** Plain pages, which are looked at below, and states that take long or differ little: pictures.mjs looks at all of them in all looks. */
const ELSEWHERE = new Set([
  ...["register", "login", "home-full", "upload-idle", "my-empty", "watch-ready", "not-found"],
  ...["home-error", "upload-offline", "upload-cancel", "upload-ready-and-error", "my-delete"],
  ...[
    "watch-waits-for-encode",
    "watch-menu-edge",
    "watch-storyboard",
    "watch-theater",
    "watch-captions",
    "watch-settings",
  ],
  ...["edit", "edit-sound", "edit-conflict", "edit-not-yours"],
]);

// Where most goes wrong: the narrowest window, and the theme that is used less by who writes it.
it(
  "every state is accessible and fits on a phone, dark",
  async ({ url, context }) => {
    await videos(url);
    for (const [name, open] of Object.entries(STATES).filter(([name]) => !ELSEWHERE.has(name))) {
      const page = await context.newPage();
      await open({ page, url, context });
      assert.deepEqual(await faults(page), [], name);
      await page.unrouteAll({ behavior: "ignoreErrors" });
      await page.close();
      await context.setOffline(false);
      await context.clearCookies();
    }
  },
  { settings: { ...PHONE, colorScheme: "dark" }, timeout: 300_000, problems: EXPECTED },
);

for (const [name, settings] of Object.entries({
  "a wide screen, light": { colorScheme: "light" },
  "a wide screen, dark": { colorScheme: "dark" },
})) {
  it(
    `every page is accessible, fits and has its ground on ${name}`,
    async ({ url, context }) => {
      await videos(url);
      for (const state of ["register", "login", "home-full", "upload-idle", "my-empty", "watch-ready", "not-found"]) {
        const page = await context.newPage();
        await STATES[state]({ page, url, context });
        assert.deepEqual(await faults(page), [], `${state} on ${name}`);
        const light = await brightness(page);
        assert.ok(settings.colorScheme === "dark" ? light < 100 : light > 155, `${state} is not ${name}: ${light}`);
        await page.unrouteAll({ behavior: "ignoreErrors" });
        await page.close();
        await context.clearCookies();
      }
    },
    { settings, timeout: 180_000, problems: EXPECTED },
  );
}

it(
  "the theme is switched by hand and stays after a reload",
  async ({ page, url }) => {
    await page.goto(url);
    assert.ok((await brightness(page)) > 155);
    await page.getByRole("button", { name: "Switch to the dark theme" }).click();
    await until("the dark theme", async () => (await brightness(page)) < 100);
    await page.reload();
    assert.ok((await brightness(page)) < 100);
    await page.getByRole("button", { name: "Switch to the light theme" }).waitFor();
  },
  { settings: { colorScheme: "light" } },
);

it("a person with only a keyboard registers, and finds their way with a visible focus", async ({ page, url }) => {
  // From the start: a listener added beside the key press reaches the browser too late on a busy machine.
  const choosers = [];
  page.on("filechooser", (chooser) => choosers.push(chooser));
  await page.goto(`${url}/register`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to content");
  await page.keyboard.press("Enter");
  const username = fresh("keys");
  for (const [label, text] of [
    [/^e-?mail$/i, `${username}@example.org`],
    ["Username", username],
    ["Password", "correct horse battery"],
  ]) {
    await tabTo(page, page.getByLabel(label, { exact: true }));
    await page.keyboard.type(text);
  }
  await page.keyboard.press("Enter");
  await accountMenu(page, { username }).waitFor();
  await tabTo(page, page.getByRole("link", { name: "Upload" }).first());
  const ring = await page.evaluate(() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  });
  assert.ok(ring, "the focus can be seen");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/upload");
  // A new page takes the focus to its own start; whoever tabs before that is brought back.
  await until("the new page has the focus", () => page.evaluate(() => document.activeElement?.id === "main"));
  await tabTo(page, page.getByRole("button", { name: "Choose files" }));
  await page.keyboard.press("Enter");
  await until("a file chooser", () => choosers.length > 0);
  assert.ok(choosers[0].isMultiple());
});

/** Presses Tab until the element has the focus. */
async function tabTo(page, locator) {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("Tab does not lead there");
}
