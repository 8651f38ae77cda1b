// The page of tests/e2e/test_renderer.py: gives the renderer to the test, which drives it and looks at its pixels.

import { createRenderer, type Renderer, type RendererOptions } from "../../src/renderer";

declare global {
  interface Window {
    open_renderer(options: RendererOptions): Promise<string>;
    renderer: Renderer;
    painted(): Promise<number>;
  }
}

window.open_renderer = async (options) => {
  const parent = document.querySelector<HTMLElement>("#parent");
  if (!parent) throw new Error("The harness has no #parent.");
  window.renderer = await createRenderer(parent, options);
  return window.renderer.kind;
};

window.painted = () => new Promise((resolve) => window.renderer.painted(resolve));
