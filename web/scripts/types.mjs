// Writes src/api/schema.gen.ts from the server's OpenAPI document, so that no type of the API is written by hand.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const document = fileURLToPath(new URL("../../docs/openapi.json", import.meta.url));
const output = fileURLToPath(new URL("../src/api/schema.gen.ts", import.meta.url));
const cli = fileURLToPath(new URL("../node_modules/openapi-typescript/bin/cli.js", import.meta.url));

if (!existsSync(document)) {
  console.error("docs/openapi.json is missing: `vitascope openapi > docs/openapi.json` writes it.");
  process.exit(1);
}
execFileSync(process.execPath, [cli, document, "--output", output], { stdio: ["ignore", "ignore", "inherit"] });
