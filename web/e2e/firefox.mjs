// Debian's Firefox, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks by itself: Playwright
// knows only a Firefox of its own build.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import WebSocket from "ws";
import { PATIENCE } from "./kit.mjs";

const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";
const PREFERENCES = {
  "media.autoplay.default": 0,
  "browser.shell.checkDefaultBrowser": false,
  "browser.aboutwelcome.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "app.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

/** Starts it with an empty profile; `goto`, `evaluate(function, ...arguments)` and `close` are those of a Playwright page. */
export async function openFirefox() {
  const profile = await mkdtemp(join(tmpdir(), "vitascope-firefox-"));
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  await writeFile(join(profile, "user.js"), lines.join("\n"));
  const child = spawn(
    FIREFOX,
    ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", profile, "about:blank"],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, HOME: profile, MOZ_HEADLESS: "1" },
    },
  );
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const said = [];
  const address = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`Firefox ${why}\n${said.slice(-20).join("\n")}`));
    const timer = setTimeout(() => fail("did not become ready"), PATIENCE);
    child.once("error", (error) => fail(error.message));
    ended.then((code) => fail(`ended with ${code}`));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const ready = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(line);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(ready[1]);
    });
  });
  const bidi = await connect(`${address}/session`);
  await bidi.send("session.new", { capabilities: {} });
  const { contexts } = await bidi.send("browsingContext.getTree", {});
  const context = contexts[0].context;
  return {
    goto: (url) => bidi.send("browsingContext.navigate", { context, url, wait: "complete" }),
    async evaluate(body, ...values) {
      const list = values.map((value) => JSON.stringify(value)).join(", ");
      const { result, exceptionDetails } = await bidi.send("script.evaluate", {
        expression: `(async () => JSON.stringify(await (${body})(${list})))()`,
        target: { context },
        awaitPromise: true,
      });
      if (exceptionDetails !== undefined) throw new Error(`in Firefox: ${exceptionDetails.text}`);
      return result.value === undefined ? undefined : JSON.parse(result.value);
    },
    async close() {
      bidi.close();
      child.kill("SIGTERM");
      const timer = setTimeout(orphaned, 5000);
      await ended;
      clearTimeout(timer);
      process.removeListener("exit", orphaned);
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Numbered commands and their answers over one socket. */
async function connect(address) {
  const socket = new WebSocket(address);
  await once(socket, "open");
  const waiting = new Map();
  let number = 0;
  socket.on("message", (text) => {
    const { id, error, message, result } = JSON.parse(text);
    const wait = waiting.get(id);
    if (wait === undefined) return;
    waiting.delete(id);
    if (error === undefined) wait.resolve(result);
    else wait.reject(new Error(`Firefox: ${error}: ${message}`));
  });
  socket.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("Firefox has gone"));
    waiting.clear();
  });
  return {
    send(method, params) {
      number += 1;
      const id = number;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        socket.send(JSON.stringify({ id, method, params }));
      });
    },
    close: () => socket.terminate(),
  };
}
