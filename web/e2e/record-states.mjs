// The states of the record page and of broadcasts from a browser, for pictures (pictures.mjs): they need a Chromium with devices of its own. `record.test.mjs` asks axe.
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
  "golive-setup": async ({ page, url }) => {
    await signedIn(page, url);
    await openStudio(page, url);
  },
  "golive-on": async ({ page, url }) => {
    await signedIn(page, url);
    await openStudio(page, url);
    await page.getByRole("button", { name: "Go live" }).click();
    await page.getByText("Everything reaches the server").waitFor();
    await recorded(page, 2);
  },
  "golive-lost": async ({ page, url }) => {
    let socket;
    await page.routeWebSocket("**/ws/ingest*", (route) => {
      if (socket === undefined) {
        socket = route;
        route.connectToServer();
      } else {
        route.close({ code: 1012 });
      }
    });
    await signedIn(page, url);
    await openStudio(page, url);
    await page.getByRole("button", { name: "Go live" }).click();
    await page.getByText("Everything reaches the server").waitFor();
    await socket.close({ code: 1012 });
    await page.getByText("The connection was lost").waitFor();
    await recorded(page, 5);
  },
  "golive-refused": async ({ page, url }) => {
    await page.routeWebSocket("**/ws/ingest*", (route) => {
      route.send(JSON.stringify({ error: "replaced", message: "This broadcast was continued by another connection." }));
      setTimeout(() => route.close({ code: 4409 }), 300);
    });
    await signedIn(page, url);
    await openStudio(page, url);
    await page.getByRole("button", { name: "Go live" }).click();
    await page.getByText("This broadcast was continued").waitFor();
  },
  "golive-denied": async ({ page, url }) => {
    await page.addInitScript(() => {
      MediaDevices.prototype.getUserMedia = async () =>
        Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
    });
    await signedIn(page, url);
    await page.goto(`${url}/live/new`);
    await page.getByRole("radio", { name: "Camera", exact: true }).check({ force: true });
    await page.getByRole("button", { name: "Go live" }).click();
    await page.getByRole("alert").waitFor();
  },
  "golive-file": async ({ page, url }) => {
    await signedIn(page, url);
    await openStudio(page, url);
    await page.getByRole("radio", { name: "A file of mine" }).check({ force: true });
    await page.getByLabel("Video file").waitFor();
  },
  "golive-ended": async ({ page, url }) => {
    await signedIn(page, url);
    await openStudio(page, url);
    await page.getByRole("button", { name: "Go live" }).click();
    await page.getByText("Everything reaches the server").waitFor();
    await page.getByRole("button", { name: "End the broadcast" }).click();
    await page.getByText("The broadcast has ended.").waitFor();
  },
  "record-banner": async ({ page, url, context }) => {
    await interrupted({ page, url, context });
    await page.goto(url);
    await page.getByText("A recording was interrupted").waitFor();
  },
};

/** The page of a broadcast from this browser, with the camera. */
async function openStudio(page, url) {
  await page.evaluate(() =>
    localStorage.setItem("vitascope.recorder", JSON.stringify({ source: "camera", height: 480 })),
  );
  await page.goto(`${url}/live/new`);
  await page.getByLabel("Microphone", { exact: true }).waitFor();
}

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
