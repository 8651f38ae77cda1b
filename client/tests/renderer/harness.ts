// The page of tests/e2e/test_renderer.py: gives the renderer to the test, which drives it and looks at its pixels.

import { preloadAssets } from "../../src/assets";
import { systemClock } from "../../src/clock";
import type { GameAsset } from "../../src/protocol.gen";
import { createRenderer, type Renderer, type RendererOptions } from "../../src/renderer";
import { downloads } from "../../src/worker/download";

declare global {
  interface Window {
    open_renderer(options: RendererOptions, assets: GameAsset[]): Promise<string>;
    loaded: [received: number, total: number][];
    renderer: Renderer;
    painted(): Promise<number>;
  }
}

window.open_renderer = async (options, assets) => {
  const parent = document.querySelector<HTMLElement>("#parent");
  if (!parent) throw new Error("The harness has no #parent.");
  window.loaded = [];
  const download = downloads(fetch.bind(window), systemClock);
  const pictures = await preloadAssets(assets, (...progress) => window.loaded.push(progress), download);
  window.renderer = await createRenderer(parent, { ...options, pictures });
  return window.renderer.kind;
};

window.painted = () => new Promise((resolve) => window.renderer.painted(resolve));
