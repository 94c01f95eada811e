// A picture of every page and state, wide, on a phone and dark, for eyes, and what is wrong with each for axe: `node web/e2e/pictures.mjs FOLDER [part of a name …]`.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser, startServer } from "./kit.mjs";
import { RECORD_STATES } from "./record-states.mjs";
import { ALLOWED, deviceFlags } from "./recorder.mjs";
import { faults, STATES } from "./states.mjs";

const [folder, ...wanted] = process.argv.slice(2);
if (folder === undefined) {
  console.error("node web/e2e/pictures.mjs FOLDER [part of a name …]");
  process.exit(2);
}
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const LOOKS = {
  wide: { colorScheme: "light" },
  phone: { ...PHONE, colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "dark-phone": { ...PHONE, colorScheme: "dark" },
};

mkdirSync(folder, { recursive: true });
process.env.VITASCOPE_E2E_CLIPS = mkdtempSync(join(tmpdir(), "vitascope-clips-"));
const server = await startServer();
const browser = await openBrowser({ flags: await deviceFlags() });
try {
  for (const [name, open] of Object.entries({ ...STATES, ...RECORD_STATES })) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    for (const [look, settings] of Object.entries(LOOKS)) {
      const context = await browser.newContext({ ...settings, ...(name in RECORD_STATES ? ALLOWED : {}) });
      const page = await context.newPage();
      try {
        await open({ page, url: server.url, context });
        await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
        for (const fault of await faults(page)) {
          console.error(`${name}, ${look}: ${fault}`);
          process.exitCode = 1;
        }
      } catch (error) {
        console.error(`${name}, ${look}: ${error.message}`);
        await page.screenshot({ path: join(folder, `${name}-${look}-failed.png`) });
        process.exitCode = 1;
      } finally {
        await page.unrouteAll({ behavior: "ignoreErrors" });
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
  await server.stop();
  rmSync(process.env.VITASCOPE_E2E_CLIPS, { recursive: true, force: true });
}
