// Builds the page on which a browser test looks at the renderer; `--outDir` says where. Never part of the shipped client.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { phaserFromSources } from "../../phaserbuild.ts";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  plugins: [phaserFromSources()],
  build: {
    target: "es2022",
    emptyOutDir: true,
    minify: false,
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 10_000,
    rolldownOptions: { input: fileURLToPath(new URL("harness.html", import.meta.url)) },
  },
});
