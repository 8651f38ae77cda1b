// Phaser as our renderer needs it, built from the sources in its npm package. The ready-made bundle has everything:
// 1.4 MB, which the page's main thread evaluates as one task, for long enough that a participant who is reading could
// notice. What is left takes a tenth of the time, and a third of the bytes.
//
// `phaser/src/...` imports a module of these sources (by itself the package offers only its bundles). Left out is what
// they require but never call in a game that only draws; whoever draws with something new may have to take it off these
// lists.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const SOURCES = fileURLToPath(new URL("node_modules/phaser/src", import.meta.url));

/** Modules, and folders of modules, in whose place there are functions that say so. */
const LEFT_OUT = [
  // Ask the browser about sound, video and such. One opens a WebGL context only to see whether there is any.
  "device/Audio",
  "device/CanvasFeatures",
  "device/Features",
  "device/Video",
  // We have input of our own.
  "input/keyboard/KeyboardManager",
  "input/mouse/MouseManager",
  "input/touch/TouchManager",
  // Effects on objects or on the whole picture.
  "filters",
  "renderer/webgl/renderNodes/filters",
  // Kinds of objects and textures that no scene of ours has.
  "renderer/webgl/renderNodes/BatchHandlerPointLight",
  "renderer/webgl/renderNodes/DynamicTextureHandler",
  "renderer/webgl/renderNodes/submitter/SubmitterTile",
  "renderer/webgl/renderNodes/submitter/SubmitterTilemapGPULayer",
  "textures/DynamicTexture",
];

/** Modules that gather a whole subject, and the one thing that is used of each. */
const NARROWED: Record<string, string> = {
  "math/index": `{ RandomDataGenerator: require("./random-data-generator/RandomDataGenerator") }`,
  "renderer/index": `{ Events: require("./events") }`,
  "textures/parsers/index": `{ Image: require("./Image") }`,
};

/** Phaser's own builds replace conditions in its sources too; one that nobody replaces is true. */
const FALSE_CONDITIONS = /typeof (FEATURE_SOUND|PLUGIN_CAMERA3D|PLUGIN_FBINSTANT|WEBGL_DEBUG)\b/g;

export function phaserFromSources(): Plugin {
  return {
    name: "phaser-from-sources",
    config: () => ({ resolve: { alias: { "phaser/src": SOURCES } } }),
    buildStart() {
      const gone = [...LEFT_OUT, ...Object.keys(NARROWED)].filter((name) => !isInSources(name));
      if (gone.length > 0) this.error(`phaserbuild.ts names what Phaser's sources do not have: ${gone.join(", ")}`);
    },
    load: (id) => (id.startsWith(SOURCES) ? replacement(id.slice(SOURCES.length + 1).replace(/\.js$/, "")) : null),
    transform: (code, id) => (id.startsWith(SOURCES) ? conditioned(code) : null),
  };
}

function isInSources(name: string): boolean {
  return existsSync(`${SOURCES}/${name}`) || existsSync(`${SOURCES}/${name}.js`);
}

/** What stands in for a module; null: the module itself. */
function replacement(name: string): string | null {
  if (name in NARROWED) return `module.exports = ${NARROWED[name]};`;
  if (!LEFT_OUT.some((left) => name === left || name.startsWith(`${left}/`))) return null;
  return `module.exports = function () { throw new Error("Our build of Phaser leaves out ${name}."); };`;
}

function conditioned(code: string): { code: string; map: null } | null {
  const chosen = code.replaceAll(FALSE_CONDITIONS, "false");
  return chosen === code ? null : { code: chosen, map: null }; // null: lines stay where they are
}
