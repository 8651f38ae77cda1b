import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  base: "/",
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
    // Phaser is one chunk of 1.3 MB, imported only when a game starts.
    chunkSizeWarningLimit: 2000,
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
  },
}));
