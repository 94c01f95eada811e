// Where a person is signed in, and how they end it.
import assert from "node:assert/strict";
import { Api } from "./api.mjs";
import { suite, until } from "./kit.mjs";
import { accountMenu, signedIn } from "./pages.mjs";

const it = suite("sessions");

/** Signs in by the API as another program; the answer is a client with the session's token. */
async function elsewhere(url, { username, password }, agent) {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": agent },
    body: JSON.stringify({ login: username, password }),
  });
  assert.equal(answer.status, 200);
  return new Api(url, (await answer.json()).access_token);
}

const refused = (api) => assert.rejects(api.call("GET", "/api/me"), ({ status }) => status === 401);

it("a person with only a keyboard ends a session of another program, and it is signed out at once", async ({
  page,
  url,
}) => {
  const { user } = await signedIn(page, url);
  const [curl, wget] = [await elsewhere(url, user, "curl/8.5.0"), await elsewhere(url, user, "Wget/1.24.5")];
  await accountMenu(page, user).focus();
  await page.keyboard.press("Enter");
  const entry = page.getByRole("link", { name: "Signed-in devices" });
  await entry.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/settings/sessions");
  const rows = page.getByRole("listitem");
  await rows.nth(2).waitFor();
  await rows.first().getByText("This device").waitFor();
  assert.equal(await rows.first().getByRole("button").count(), 0, "this session is ended by signing out");
  await rows
    .filter({ hasText: "curl" })
    .getByText(/^Last seen just now, signed in from 127\.0\.0\.1$/)
    .waitFor();

  const ask = page.getByRole("dialog", { name: "End this session?" });
  const end = page.getByRole("button", { name: "End curl" });
  await end.focus();
  await page.keyboard.press("Enter");
  await ask.waitFor();
  await page.keyboard.press("Escape");
  await ask.waitFor({ state: "hidden" });
  await curl.call("GET", "/api/me");
  assert.ok(await end.evaluate((button) => button === document.activeElement), "the focus is back");
  await page.keyboard.press("Enter");
  await ask.waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await rows.filter({ hasText: "curl" }).waitFor({ state: "detached" });
  await refused(curl);
  await wget.call("GET", "/api/me");
  assert.equal(await rows.count(), 2);
  const held = () => rows.first().evaluate((row) => row.parentElement === document.activeElement);
  await until("the list to have the focus", held);
});

it(
  "all other sessions end, their open pages too, and this one stays",
  async ({ page, url, context }) => {
    const { user } = await signedIn(page, url);
    const curl = await elsewhere(url, user, "curl/8.5.0");
    const other = await (await context.browser().newContext()).newPage();
    try {
      await other.goto(`${url}/login?next=/my`);
      await other.getByLabel("Username or e-mail").fill(user.username);
      await other.getByLabel("Password", { exact: true }).fill(user.password);
      await other.getByRole("button", { name: "Sign in" }).click();
      await other.waitForURL("**/my");
      await page.goto(`${url}/settings/sessions`);
      await page.getByRole("button", { name: "End all others" }).click();
      const ask = page.getByRole("dialog", { name: "End all other sessions?" });
      await ask.getByRole("button", { name: "End all others" }).click();
      await page.getByText("You are signed in nowhere else").waitFor();
      await refused(curl);
      await until("the other page to be signed out by itself", async () => new URL(other.url()).pathname === "/login");
      await page.reload();
      await page.getByText("You are signed in nowhere else").waitFor();
    } finally {
      await other.context().close();
    }
  },
  { problems: /401/ },
);
