// The states of the record page, for pictures (pictures.mjs): they need a Chromium with devices of its own. `record.test.mjs` asks axe.
import { signedIn } from "./pages.mjs";
import { begin, openRecorder, recorded } from "./recorder.mjs";

export const RECORD_STATES = {
  "record-setup": async ({ page, url }) => {
    await signedIn(page, url);
    await openRecorder(page, url);
    await page.getByLabel("Microphone", { exact: true }).waitFor();
  },
  "record-running": async ({ page, url }) => {
    await signedIn(page, url);
    await openRecorder(page, url);
    await begin(page);
    await recorded(page, 2);
  },
  "record-refused": async ({ page, url }) => {
    await page.addInitScript(() => {
      MediaDevices.prototype.getUserMedia = async () =>
        Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
    });
    await signedIn(page, url);
    await openRecorder(page, url);
    await page.getByRole("button", { name: "Start recording" }).click();
    await page.getByRole("alert").waitFor();
  },
  "record-recovering": async ({ page, url, context }) => {
    await interrupted({ page, url, context });
    await page.goto(`${url}/record`);
    await page.getByRole("region", { name: "Interrupted recordings" }).waitFor();
  },
  "record-banner": async ({ page, url, context }) => {
    await interrupted({ page, url, context });
    await page.goto(url);
    await page.getByText("A recording was interrupted").waitFor();
  },
};

/** A take whose page was closed while nothing got through. */
async function interrupted({ page, url, context }) {
  await signedIn(page, url);
  const recorder = await context.newPage();
  await recorder.goto(url);
  await openRecorder(recorder, url);
  await begin(recorder);
  await recorder.route("**/upload/**", () => undefined);
  await recorded(recorder, 3);
  await recorder.close({ runBeforeUnload: false });
}
