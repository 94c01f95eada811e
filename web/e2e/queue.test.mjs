// The queue of uploads: paused, without a network, in a second tab, beyond the quota.
import assert from "node:assert/strict";
import { bigMp4, shortMp4 } from "./fixtures.mjs";
import { axe, startServer, suite, until } from "./kit.mjs";
import { chooseFiles, registerByForm, signedIn, uploadCard, watchLink } from "./pages.mjs";

const it = suite("queue");

/** Lets parts through only while the gate is open. */
async function gate(page) {
  const held = [];
  const state = { open: false, sent: 0 };
  await page.route("**/upload/*/*", async (route) => {
    if (route.request().method() !== "PUT") return route.fallback();
    if (!state.open && state.sent >= 1) return void held.push(route);
    state.sent += 1;
    return route.continue();
  });
  state.let = async () => {
    state.open = true;
    for (const route of held.splice(0)) {
      state.sent += 1;
      await route.continue().catch(() => undefined);
    }
  };
  return state;
}

/** Whether the browser would ask before leaving: the page prevents the event's default only when something is in flight. */
function asksBeforeLeaving(page) {
  return page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
}

it("an upload is paused, says so, and goes on where it stopped", async ({ page, url }) => {
  await signedIn(page, url);
  const parts = await gate(page);
  const path = await bigMp4(40);
  await chooseFiles(page, url, path);
  const card = uploadCard(page, path.split("/").at(-1));
  await until("a part", () => parts.sent >= 1, { timeout: 60_000 });
  await card.getByText(/stalled/).waitFor();
  assert.equal(await asksBeforeLeaving(page), true);
  await card.getByRole("button", { name: "Pause upload" }).click();
  await card.getByText(/^Paused/).waitFor();
  assert.equal(await asksBeforeLeaving(page), false);
  assert.deepEqual(await axe(page), []);
  await parts.let();
  const resume = card.getByRole("button", { name: "Go on with the upload" });
  assert.ok(await resume.evaluate((button) => button === document.activeElement), "the focus stays on the button");
  await page.keyboard.press("Enter");
  await watchLink(card);
});

it(
  "an upload waits while there is no network, says so, and goes on by itself",
  async ({ page, url, context }) => {
    await signedIn(page, url);
    const parts = await gate(page);
    const path = await bigMp4(40);
    await chooseFiles(page, url, path);
    const card = uploadCard(page, path.split("/").at(-1));
    await until("a part", () => parts.sent >= 1, { timeout: 60_000 });
    await context.setOffline(true);
    await parts.let();
    await card.getByText(/You are offline/).waitFor();
    await context.setOffline(false);
    await watchLink(card);
  },
  { problems: /ERR_INTERNET_DISCONNECTED|WebSocket|Failed to load/ },
);

it("a second tab does not list a running upload as interrupted, nor send it twice", async ({ page, url, context }) => {
  await signedIn(page, url);
  const parts = await gate(page);
  const path = await bigMp4(40);
  await chooseFiles(page, url, path);
  await until("a part", () => parts.sent >= 1, { timeout: 60_000 });

  const second = await context.newPage();
  await second.goto(`${url}/upload`);
  await second.getByRole("heading", { name: "Upload videos" }).waitFor();
  await second.waitForResponse(/\/api\/me\/uploads/).catch(() => undefined);
  await chooseFiles(second, url, path);
  const card = uploadCard(second, path.split("/").at(-1));
  await card.getByText(/Another tab of this browser/).waitFor();
  assert.equal(await second.getByRole("region", { name: "Unfinished uploads" }).count(), 0);
  // Once the first tab is closed nobody sends it any more.
  await page.close({ runBeforeUnload: false });
  await second.getByRole("region", { name: "Unfinished uploads" }).getByRole("article").waitFor();
  await second.getByText(/Removed on \d+ \w+ \d{4}/).waitFor();
  await card.getByRole("button", { name: "Try again" }).click();
  await watchLink(card);
});

it(
  "an account without room is told in words, and sees how much it takes",
  async ({ page }) => {
    const server = await startServer({ environment: { VITASCOPE_QUOTA_BYTES: "6000000" } });
    try {
      await registerByForm(page, server.url);
      await chooseFiles(page, server.url, await shortMp4());
      await watchLink(uploadCard(page, "short.mp4"));
      const big = await bigMp4(8);
      await chooseFiles(page, server.url, big);
      const alert = uploadCard(page, big.split("/").at(-1)).getByRole("alert");
      await alert.waitFor();
      assert.match(await alert.textContent(), /not enough room.*of your 6\.0 MB there are .* left/s);
      await page.goto(`${server.url}/my`);
      await page.getByText(/ of 6\.00 MB used/).waitFor();
      await page.getByRole("progressbar", { name: "Room used" }).waitFor();
      assert.deepEqual(await axe(page), []);
    } finally {
      await server.stop();
    }
  },
  { problems: /413|WebSocket/ },
);

it("a video is shared with a link, a moment and code for another site", async ({ page, url, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const api = await signedIn(page, url);
  const id = await api.upload(await shortMp4(), { title: 'A "shared" video' });
  await api.playable(id, { timeout: 60_000 });
  await page.goto(`${url}/w/${id}`);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Share this video" });
  await dialog.getByLabel("Start at a moment").check();
  await dialog.getByLabel("Moment", { exact: true }).fill("0:05");
  assert.equal(await dialog.getByLabel("Link", { exact: true }).inputValue(), `${url}/w/${id}?t=5`);
  const code = await dialog.getByLabel("Code for another site").inputValue();
  assert.ok(code.startsWith(`<iframe src="${url}/embed/${id}?start=5" width="640" height="360"`), code);
  assert.deepEqual(await axe(page), []);
  await dialog.getByRole("button", { name: "Copy code" }).click();
  await dialog.getByText("Code copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});
