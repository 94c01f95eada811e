// Writes dist/csp-style-src.txt: one line with the hashes that the server adds to `style-src` for media-chrome.
//
// Its elements carry their styles in shadow roots as <style> elements, which a policy without 'unsafe-inline' blocks
// unless it lists their hashes. The same classes render in Node, so the hashes are taken from them and cannot go stale.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as elements from "media-chrome";

const hashes = new Set();
for (const element of Object.values(elements)) {
  if (typeof element !== "function" || !("getTemplateHTML" in element)) continue;
  const html = element.getTemplateHTML({}, {});
  for (const [, css] of html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)) {
    hashes.add(`'sha256-${createHash("sha256").update(css).digest("base64")}'`);
  }
}
if (hashes.size === 0) throw new Error("media-chrome no longer keeps its styles where this script looks");

const output = fileURLToPath(new URL("../dist/csp-style-src.txt", import.meta.url));
writeFileSync(output, [...hashes].sort().join(" "));
