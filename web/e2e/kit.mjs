// What every browser test stands on: the real binary in a temporary folder, Chromium, one page per test.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RESULTS = fileURLToPath(new URL("../test-results/", import.meta.url));

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  ...(process.env.VITASCOPE_HEADED ? [] : ["--headless=new"]),
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];
const PAGE_TOOLS = fileURLToPath(new URL("page-tools.js", import.meta.url));

/** How long anything may take that is not an encode, in milliseconds. Generous: two cores are shared with FFmpeg. */
export const PATIENCE = 20_000;

/** The program under test. */
export function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
  const path = process.env.VITASCOPE_BIN ?? join(target, "debug", "vitascope");
  if (!existsSync(path))
    throw new Error(`there is no ${path}: build it with cargo build, or name one in VITASCOPE_BIN`);
  return path;
}

/**
 * Starts `vitascope serve` on a free port and resolves when it says that it is ready.
 * `data` is kept after the end when the caller names it, so that a test can start again on it; `listen` then takes the
 * first one's address, which the open pages know.
 */
export async function startServer({ data, listen = "127.0.0.1:0", environment = {} } = {}) {
  const folder = data ?? (await mkdtemp(join(tmpdir(), "vitascope-e2e-")));
  // Nothing of the developer's own configuration may reach the server under test.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("VITASCOPE_"));
  const child = spawn(binary(), ["serve", "--listen", listen, "--data", folder], {
    cwd: folder,
    // Every test has an account of its own, all from one address: more than a person would make in a minute.
    env: { ...Object.fromEntries(inherited), VITASCOPE_ATTEMPTS_PER_MINUTE: "10000", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A test process that dies must not leave a server behind.
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  const log = [];
  const keep = (line) => {
    log.push(line);
    if (log.length > 2000) log.shift();
  };
  createInterface({ input: child.stderr }).on("line", keep);
  const ended = new Promise((resolve) =>
    child.once("exit", (code, signal) => {
      process.removeListener("exit", orphaned);
      resolve(signal ?? code);
    }),
  );
  const url = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`vitascope ${why}\n${log.slice(-40).join("\n")}`));
    const timer = setTimeout(() => fail("did not become ready"), PATIENCE);
    child.once("error", (error) => fail(error.message));
    ended.then((how) => fail(`ended with ${how}`));
    createInterface({ input: child.stdout }).on("line", (line) => {
      keep(line);
      const ready = /Vitascope is ready at (https?:\/\/\S+)/.exec(line);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(ready[1].replace(/\/$/, ""));
    });
  });
  const end = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  };
  return {
    url,
    data: folder,
    log,
    pid: child.pid,
    /** Ends it as an operator would, and removes its data unless the caller named the folder. */
    async stop() {
      const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      const how = await end("SIGTERM");
      clearTimeout(timer);
      if (data === undefined) await rm(folder, { recursive: true, force: true });
      return how;
    },
    /** Ends it as a power cut would. */
    kill: () => end("SIGKILL"),
  };
}

/** Starts Chromium; with `profile`, what it stores stays in that folder, so a restarted browser can be played. */
export async function openBrowser({ profile, flags = [] } = {}) {
  // Without a UTF-8 locale Chromium cannot open a file whose name is not ASCII; a bare CI machine sets none.
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  const options = { executablePath: CHROMIUM, headless: false, args: [...FLAGS, ...flags], env };
  if (profile !== undefined) {
    const context = await chromium.launchPersistentContext(profile, { ...options, viewport: WIDE });
    await prepare(context);
    return { context, close: () => context.close() };
  }
  const browser = await chromium.launch(options);
  return {
    browser,
    async newContext(settings = {}) {
      const context = await browser.newContext({ viewport: WIDE, locale: "en-GB", ...settings });
      await prepare(context);
      return context;
    },
    close: () => browser.close(),
  };
}

const WIDE = { width: 1280, height: 800 };

async function prepare(context) {
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript({ path: PAGE_TOOLS });
}

/** What went wrong in a page that no assertion looks at: exceptions, errors on the console, failed answers. */
export function watchForProblems(page) {
  const problems = [];
  page.on("pageerror", (error) => problems.push(`exception: ${error.stack ?? error}`));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500)
      problems.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });
  return problems;
}

const leftovers = [];

/** Work for the end of the running test, so that what it leaves to the server does not slow the next one down. */
export function atEnd(work) {
  leftovers.push(work);
}

/**
 * The tests of one file: one server (that of the run, if run.mjs started one) and one Chromium for all of them, a page with
 * its own cookies for each. `it(name, async ({page, url, context}) => …, {settings, timeout, problems})`: a test fails on any
 * problem of its page that `problems` (a regular expression) does not expect. `flags` gives Chromium more of its flags.
 */
export function suite(area, { flags = async () => [] } = {}) {
  let url = process.env.VITASCOPE_URL;
  let server;
  let browser;
  test.before(async () => {
    if (url === undefined) {
      server = await startServer();
      url = server.url;
    }
    browser = await openBrowser({ flags: await flags() });
  });
  test.after(async () => {
    await browser?.close();
    await server?.stop();
  });
  return function it(name, body, { settings, timeout = 120_000, problems: expected } = {}) {
    test(`${area}: ${name}`, { timeout }, async () => {
      const context = await browser.newContext(settings);
      const page = await context.newPage();
      const problems = watchForProblems(page);
      try {
        await body({ page, url, context, problems });
        const unexpected = problems.filter((problem) => !expected?.test(problem));
        if (unexpected.length > 0) throw new Error(`the page had problems:\n${unexpected.join("\n")}`);
      } catch (error) {
        await keepEvidence(`${area} ${name}`, context, problems, server?.log);
        throw error;
      } finally {
        await context.close();
        await Promise.all(leftovers.splice(0).map((work) => work()));
      }
    });
  };
}

/** Leaves a picture of every open page, its text as a screen reader has it, and what was logged, for who reads the failure. */
async function keepEvidence(name, context, problems, log = []) {
  await mkdir(RESULTS, { recursive: true });
  const stem = join(RESULTS, name.replace(/[^a-z0-9]+/gi, "-").toLowerCase());
  for (const [index, page] of context.pages().entries()) {
    const shot = await page.screenshot({ timeout: 5000 }).catch(() => undefined);
    if (shot !== undefined) await writeFile(`${stem}-${index}.png`, shot);
    const text = await page
      .locator("body")
      .ariaSnapshot({ timeout: 5000 })
      .catch((error) => String(error));
    await writeFile(
      `${stem}-${index}.txt`,
      `${page.url()}\n\n${text}\n\n${problems.join("\n")}\n\n${log.slice(-200).join("\n")}\n`,
    );
  }
}

/** Asks until the answer is neither null, undefined nor false; the error says what was waited for. */
export async function until(what, ask, { timeout = PATIENCE, every = 100 } = {}) {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited ${timeout / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/**
 * Limits what a page loads and sends, in bytes per second, as a line at home does. The answer changes the limits; one that is
 * not named is none. Several requests share the line.
 */
export async function throttle(page, limits) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  const change = ({ down = -1, up = -1 }) =>
    devtools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: down,
      uploadThroughput: up,
    });
  await change(limits);
  return change;
}

/** A name that no other test of this run has. */
export function fresh(word) {
  return `${word}${randomBytes(5).toString("hex")}`;
}

/** Runs axe over the page; the answer is one line per element that breaks a rule, empty when the page is clean. */
export async function axe(page) {
  const loaded = await page.evaluate(() => globalThis.axe !== undefined);
  if (!loaded) {
    const { default: engine } = await import("axe-core");
    await page.evaluate(engine.source);
  }
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      resultTypes: ["violations"],
    }),
  );
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map((node) => `${id} (${impact}): ${node.target.join(" ")} – ${node.failureSummary?.split("\n").join(" ")}`),
  );
}
