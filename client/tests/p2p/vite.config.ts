// Builds the page on which a browser test connects peers; `--outDir` says where. Never part of the shipped client.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  worker: { format: "es" },
  build: {
    target: "es2022",
    emptyOutDir: true,
    minify: false,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: { input: fileURLToPath(new URL("harness.html", import.meta.url)) },
  },
});
