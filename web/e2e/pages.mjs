// The words of the user interface, in one place: what a person would read out to say where they click.
import { Api, account } from "./api.mjs";
import { PATIENCE } from "./kit.mjs";

/** Makes an account by the form, as a person does. */
export async function registerByForm(page, url) {
  const user = account();
  await page.goto(`${url}/register`);
  await page.getByLabel(/^e-?mail$/i).fill(user.email);
  await page.getByLabel("Username").fill(user.username);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await accountMenu(page, user).waitFor();
  return user;
}

/** Makes an account by the API from inside the page, so that its cookies are the page's, and opens the home page signed in. */
export async function signedIn(page, url) {
  const user = account();
  // The flag of an account before would let the app ask for its session, and the refusal may come late enough to take the new flag away.
  await page.addInitScript(() => {
    if (!location.protocol.startsWith("http") || sessionStorage.getItem("e2e.begun") !== null) return;
    sessionStorage.setItem("e2e.begun", "1");
    localStorage.removeItem("vitascope.session");
  });
  await page.goto(`${url}/`);
  const { access_token } = await page.evaluate(async (body) => {
    const answer = await fetch("/api/auth/register", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`register: ${answer.status} ${await answer.text()}`);
    // The app asks for a session only when its flag says that there is one (src/api/session.ts).
    localStorage.setItem("vitascope.session", "1");
    return answer.json();
  }, user);
  await page.goto(`${url}/`);
  await accountMenu(page, user).waitFor();
  return Object.assign(new Api(url, access_token), { user });
}

export function accountMenu(page, { username }) {
  return page.getByRole("button", { name: `Account menu of ${username}` });
}

/** Gives files (paths, or `{name, mimeType, buffer}`) to the page's picker. */
export async function chooseFiles(page, url, files) {
  if (new URL(page.url()).pathname !== "/upload") await page.goto(`${url}/upload`);
  await page.getByRole("heading", { name: "Upload videos" }).waitFor();
  await page.locator("input[type=file][multiple]").setInputFiles(files);
}

/** The card of one upload, by the name of its file. */
export function uploadCard(page, fileName) {
  return page.getByRole("region", { name: "Your uploads" }).getByRole("article").filter({ hasText: fileName });
}

/** Waits until a card offers to watch, and gives the video's id. */
export async function watchLink(card, { timeout = 60_000 } = {}) {
  const link = card.getByRole("link", { name: "Watch", exact: true });
  await link.waitFor({ timeout });
  return { link, id: (await link.getAttribute("href")).split("/").at(-1) };
}

/** Uploads one file by the page and opens its watch page as soon as that is offered. */
export async function uploadAndWatch(page, url, file, fileName) {
  await chooseFiles(page, url, file);
  const { link, id } = await watchLink(uploadCard(page, fileName));
  await link.click();
  await page.waitForURL(`**/w/${id}`, { timeout: PATIENCE });
  return id;
}

/** Waits for the reason that a card gives for a failed upload. */
export async function failureOf(card, { timeout = 60_000 } = {}) {
  const alert = card.getByRole("alert");
  await alert.waitFor({ timeout });
  return (await alert.textContent()).trim();
}
