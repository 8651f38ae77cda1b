import { defineConfig } from "vitest/config";
import { phaserFromSources } from "./phaserbuild.ts";

export default defineConfig(({ mode }) => ({
  base: "/",
  plugins: [phaserFromSources()],
  build: {
    // Browsers that have module workers; older ones cannot run Pyodide anyway.
    target: "es2022",
    outDir: "../src/interactive_gym/_client",
    emptyOutDir: true,
    assetsDir: "assets",
    // Every asset is its own file with the hash of its content in its name: the server calls them immutable.
    assetsInlineLimit: 0,
    sourcemap: mode === "development",
    minify: mode !== "development",
    reportCompressedSize: false,
    rolldownOptions: { input: ["index.html", "replay.html"] }, // participants' page, and the researcher's
    license: { fileName: "licenses.md" }, // of all that is bundled: it asks to travel with the code
  },
  worker: { format: "es" },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
  },
}));
