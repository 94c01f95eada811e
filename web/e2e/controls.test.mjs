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
