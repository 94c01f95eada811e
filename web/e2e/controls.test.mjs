// The player's menus, numbers and end card, by what the picture does.
import assert from "node:assert/strict";
import { Api } from "./api.mjs";
import { shortMp4 } from "./fixtures.mjs";
import { axe, suite, until } from "./kit.mjs";
import { play, stateOf, videoOf } from "./player.mjs";

const it = suite("controls");

it("the menu fixes the quality and the speed, keeps both, and the numbers say why", async ({ page, url }) => {
  const api = await Api.register(url);
  const id = await api.upload(await shortMp4());
  const { rungs } = await api.ready(id, { timeout: 90_000 });
  const lowest = rungs.filter(({ kind }) => kind === "video").sort((left, right) => left.height - right.height)[0];
  await page.goto(`${url}/w/${id}`);
  await play(page);
  await videoOf(page).evaluate((video) => {
    video.loop = true;
  });
  await page.getByRole("button", { name: "Settings" }).click();
  // In the last segment, so that nothing lies ahead that could be replaced.
  await until("the last segment", async () => (await stateOf(page)).currentTime > 4.5, { every: 50 });
  await page.getByRole("combobox", { name: "Quality" }).selectOption(String(lowest.height));
  await until("the picture of the lowest rung", async () => (await stateOf(page)).height === lowest.height);
  await page.getByRole("combobox", { name: "Speed" }).selectOption("1.5");
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Stats for nerds" }).click();
  const stats = page.getByRole("region", { name: "Stats for nerds" });
  await stats.getByText(`${lowest.name}, chosen by you`).waitFor();
  await stats.getByText(`${lowest.width} × ${lowest.height}`).waitFor();

  await page.reload();
  await play(page);
  await until("the same quality", async () => (await stateOf(page)).height === lowest.height);
  assert.equal(await videoOf(page).evaluate((video) => video.playbackRate), 1.5);
});

it("a right click offers a menu for mouse and keyboard: loop, links, embed code, numbers", async ({
  page,
  url,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const api = await Api.register(url);
  const id = await api.upload(await shortMp4());
  await api.ready(id, { timeout: 90_000 });
  await page.goto(`${url}/w/${id}?t=3`);
  await play(page);
  await videoOf(page).evaluate((video) => video.pause());
  const { currentTime } = await stateOf(page);
  const menu = page.getByRole("menu", { name: "Player menu" });
  const pick = async (item, role = "menuitem") => {
    await page.locator("media-controller").click({ button: "right", position: { x: 640, y: 300 } });
    await menu.getByRole(role, { name: item, exact: true }).click();
    await menu.waitFor({ state: "hidden" });
  };
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await pick("Copy link");
  await until("the link", async () => (await copied()) === `${url}/w/${id}`);
  await pick("Copy link at the current time");
  await until("the link to a moment", async () => (await copied()) === `${url}/w/${id}?t=${Math.floor(currentTime)}`);
  await pick("Copy embed code");
  await until("the code", async () => (await copied()).startsWith(`<iframe src="${url}/embed/${id}"`));

  // By the keyboard: from the button that has the focus, and back to it.
  const settings = page.getByRole("button", { name: "Settings" });
  await settings.focus();
  await settings.dispatchEvent("contextmenu", { clientX: 1200, clientY: 700 });
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Stats for nerds" }).waitFor();
  assert.ok(await settings.evaluate((button) => button === document.activeElement), "the focus is back");
  const box = (await menu.count()) === 0 ? null : await menu.boundingBox();
  assert.equal(box, null, "it is closed");

  await pick("Loop", "menuitemcheckbox");
  await videoOf(page).evaluate((video) => {
    video.currentTime = 7.5;
    return video.play();
  });
  await until("the start again", async () => {
    const state = await stateOf(page);
    return state.currentTime > 0.2 && state.currentTime < 3 && !state.paused;
  });
  await page.locator("media-controller").click({ button: "right", position: { x: 640, y: 300 } });
  assert.equal(await menu.getByRole("menuitemcheckbox", { name: "Loop" }).getAttribute("aria-checked"), "true");
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "hidden" });
});

it("the end offers to watch again, and does", async ({ page, url }) => {
  const api = await Api.register(url);
  const id = await api.upload(await shortMp4());
  await api.ready(id, { timeout: 90_000 });
  await page.goto(`${url}/w/${id}?t=6`);
  const again = page.getByRole("button", { name: "Watch again" });
  await again.waitFor({ timeout: 30_000 });
  assert.deepEqual(await axe(page), []);
  await again.click();
  await until("playing", async () => !(await stateOf(page)).paused);
  assert.equal(await again.count(), 0);
});

it(
  "a playlist that cannot be had is a sentence with a next step, and trying again plays",
  async ({ page, url }) => {
    const api = await Api.register(url);
    const id = await api.upload(await shortMp4());
    await api.ready(id, { timeout: 90_000 });
    await page.route("**/*.m3u8", (route) => route.fulfill({ status: 404 }));
    await page.goto(`${url}/w/${id}`);
    const retry = page.getByRole("button", { name: "Try again" });
    await retry.waitFor({ timeout: 30_000 });
    await page.unroute("**/*.m3u8");
    await retry.click();
    await until("a picture", async () => (await stateOf(page)).readyState >= 2);
  },
  { problems: /404/ },
);
