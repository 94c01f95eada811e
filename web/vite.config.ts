import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const themeBoot = fileURLToPath(new URL("src/app/theme-boot.js", import.meta.url));

/**
 * Puts the theme script in front of everything else as a classic, hashed, external file: it has to run before the
 * first paint, which a module never does, and the content security policy forbids writing it into the page.
 */
function themeBootScript(): Plugin {
  let reference = "";
  let building = false;
  return {
    name: "theme-boot-script",
    configResolved(config) {
      building = config.command === "build";
    },
    buildStart() {
      if (building) {
        reference = this.emitFile({
          type: "asset",
          name: "theme-boot.js",
          source: readFileSync(themeBoot, "utf8"),
        });
      }
    },
    transformIndexHtml: {
      order: "post",
      handler(_html, context) {
        const src = context.bundle
          ? `/${Object.values(context.bundle).find((file) => file.fileName.includes("theme-boot"))?.fileName}`
          : "/src/app/theme-boot.js";
        return [{ tag: "script", attrs: { src }, injectTo: "head-prepend" }];
      },
    },
    generateBundle() {
      if (reference === "") this.error("the theme script was not emitted");
    },
  };
}

const backend = process.env.VITASCOPE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), themeBootScript()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    // Everything is a file of its own: a data: URL would need a looser content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // The player's two libraries change rarely and only watch pages load them: files of their own stay in caches.
        codeSplitting: {
          groups: [
            { name: "hls", test: /node_modules\/hls\.js\// },
            { name: "media-chrome", test: /node_modules\/(media-chrome|ce-la-react)\// },
          ],
        },
      },
    },
    // hls.js in one file.
    chunkSizeWarningLimit: 650,
  },
  server: {
    proxy: {
      "/api": backend,
      "/media": backend,
      // Signed addresses of parts; the page itself is /upload.
      "^/upload/": backend,
      "/ws": { target: backend, ws: true },
    },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.ts"],
  },
});
