// A server that is reached by plain http from elsewhere: what works, and what is said about the rest.

import assert from "node:assert/strict";
import { suite } from "./kit.mjs";
import { signedIn } from "./pages.mjs";
import { faults } from "./states.mjs";

// Browsers trust loopback addresses as they trust https, but not a name that leads there.
const it = suite("insecure", { flags: async () => ["--host-resolver-rules=MAP video.test 127.0.0.1"] });

it("the recorder says that it needs https and how to get it, and the rest works", async ({ page, url }) => {
  const elsewhere = url.replace("127.0.0.1", "video.test");
  await signedIn(page, elsewhere);
  await page.goto(`${elsewhere}/record`);
  await page.getByRole("heading", { name: "Recording needs https" }).waitFor();
  const said = await page.locator("main").textContent();
  for (const option of ["--domain", "--tls-cert", "--tls-key"]) assert.match(said, new RegExp(`${option}\\b`));
  const link = page.getByRole("link", { name: /^https:/ });
  assert.equal(await link.getAttribute("href"), `${elsewhere.replace("http:", "https:")}/record`);
  assert.deepEqual(await faults(page), []);
  await page.reload();
  await page.getByRole("heading", { name: "Recording needs https" }).waitFor();
});
