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
        // The embedded player has no themes.
        if (context.filename.endsWith("embed.html")) return [];
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

/** While developing, `/embed/{id}` is the page that the server makes of embed.html. */
function embedPage(): Plugin {
  return {
    name: "embed-page",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        if (request.url?.startsWith("/embed/")) request.url = "/embed.html";
        next();
      });
    },
  };
}

const backend = process.env.VITASCOPE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), themeBootScript(), embedPage()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    // Everything is a file of its own: a data: URL would need a looser content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      // The app, and the player alone for frames on other sites: it loads nothing of the app.
      input: ["index.html", "embed.html"],
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
