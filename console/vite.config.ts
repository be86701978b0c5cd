import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** A packet's worth: what is smaller gains nothing. */
const worthBytes = 1200;

/** Writes FILE.br and FILE.gz beside what is built, so that no app compresses while it decides calls. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  writeBundle({ dir = "dist" }) {
    const files = readdirSync(dir, { recursive: true, encoding: "utf8" });
    for (const file of files.filter((name) => /assets.*\.(js|css|svg|json)$/.test(name))) {
      const bytes = readFileSync(join(dir, file));
      if (bytes.length < worthBytes) continue;
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: 10,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      };
      writeFileSync(join(dir, `${file}.br`), brotliCompressSync(bytes, { params }));
      writeFileSync(join(dir, `${file}.gz`), gzipSync(bytes, { level: 9 }));
    }
  },
};

/** Where `npm run dev` finds the API: DIALTONE_API=https://198.18.77.100:8443 (console/README.md). */
const api = process.env.DIALTONE_API ?? "https://198.18.77.100:8443";
const proxied = ["/v1", "/openapi.json", "/problems", "/console/alive", "/ws"];

export default defineConfig({
  base: "/console/",
  plugins: [react(), compressed],
  // The app puts a fresh one into each page that it serves (src/app/console.ts).
  html: { cspNonce: "__NONCE__" },
  build: {
    target: "es2023",
    // With light-dark(), which would be written in a way that needs styles of its own.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Nothing inline: no `data:` in scripts and styles, no polyfill as an inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
    // What each first page needs comes in one file: else each set of pages that share something gets a file of its own, forty of them.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "console", test: /\/src\/(main|shell\/app)\.tsx$/ }] } },
    },
  },
  server: {
    proxy: Object.fromEntries(
      proxied.map((path) => [path, { target: api, secure: false, changeOrigin: true, ws: path === "/ws" }]),
    ),
  },
});
