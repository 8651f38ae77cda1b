/** The pictures of a frame side by side: what was played in the end, and what each of several players saw. */

import type { Pictures } from "../assets";
import { el, setText } from "../pages/dom";
import type { Game } from "../protocol.gen";
import type { createRenderer, Renderer } from "../renderer";
import type { DrawPacket } from "../renderer/packet";
import type { ShownView } from "./messages";
import type { Picture } from "./reel";
import type { Painting } from "./sheet";

export interface ViewsTools {
  game: Game;
  pictures: Pictures;
  createRenderer: typeof createRenderer;
}

export class Views {
  readonly element = el("div", { class: "views" });
  private readonly views: View[] = [];

  /** One view for what was played, and one for each of several `agents`. */
  static async open(parent: HTMLElement, agents: readonly string[], tools: ViewsTools): Promise<Views> {
    const views = new Views();
    parent.replaceChildren(views.element);
    const titles = ["What was played", ...(agents.length > 1 ? agents.map((agent) => `What agent ${agent} saw`) : [])];
    for (const title of titles) views.views.push(await View.open(views.element, title, tools));
    return views;
  }

  /** Shows only the first one, or all. */
  only(first: boolean): void {
    this.views.forEach((view, position) => (view.element.hidden = first && position > 0));
    for (const view of this.views) view.resize();
  }

  show({ shown, pixels }: Picture): void {
    shown.views.forEach((seen, position) => this.views[position]?.show(seen, pixels[position] ?? null));
  }

  /** Resolves when what was shown until now has been drawn. */
  async painted(): Promise<void> {
    await Promise.all(this.views.filter((view) => !view.element.hidden).map((view) => view.painted()));
  }

  /** What is to be seen, for a sheet. */
  paintings(): Painting[] {
    return this.views.filter((view) => !view.element.hidden).map((view) => view.painting());
  }

  close(): void {
    for (const view of this.views) view.close();
    this.element.remove();
  }
}

class View {
  readonly element: HTMLElement;
  private readonly note = el("span", { class: "note" });
  private readonly hud = el("p", { class: "hud" });
  private readonly problem = el("p", { class: "problem", hidden: true });
  private readonly picture = el("div", { class: "picture" });
  private renderer: Renderer | null = null;

  private constructor(
    private readonly title: string,
    { width, height }: Game,
  ) {
    this.picture.style.aspectRatio = `${width} / ${height}`;
    const caption = el("figcaption", {}, el("strong", {}, title), this.note);
    this.element = el("figure", {}, caption, this.hud, this.picture, this.problem);
    this.element.style.setProperty("--ratio", String(width / height));
  }

  static async open(parent: HTMLElement, title: string, { game, pictures, createRenderer }: ViewsTools): Promise<View> {
    const view = new View(title, game);
    parent.append(view.element);
    const { width, height, background } = game;
    // No motion between frames: each is seen as it was. And a 2D canvas, whose picture can be read at any time.
    view.renderer = await createRenderer(view.picture, { width, height, background, pictures, force: "canvas" });
    return view;
  }

  show(seen: ShownView, pixels: ArrayBuffer | null): void {
    if (seen.draw !== null) this.renderer?.apply(atOnce(seen.draw));
    if (seen.pixels !== null && pixels !== null) this.renderer?.pixels(...seen.pixels, new Uint8Array(pixels));
    setText(this.note, seen.predicted === 0 ? "" : predicted(seen.predicted));
    setText(this.hud, seen.hud ?? "");
    setText(this.problem, seen.problem ?? "");
    this.problem.hidden = seen.problem === null;
  }

  painted(): Promise<void> {
    return new Promise((resolve) => this.renderer?.painted(() => resolve()));
  }

  painting(): Painting {
    const canvas = this.picture.querySelector("canvas");
    if (canvas === null) throw new Error("There is no picture yet.");
    const notes = [this.note.textContent, this.hud.textContent].filter((text) => text !== "");
    return { title: [this.title, ...notes].join(" · "), canvas };
  }

  resize(): void {
    this.renderer?.resize();
  }

  close(): void {
    this.renderer?.destroy();
  }
}

function predicted(frames: number): string {
  return frames === 1 ? "1 frame predicted" : `${frames} frames predicted`;
}

/** Nothing is on its way: who stops, or looks at every eighth frame, sees the frame itself. */
export function atOnce(packet: DrawPacket): DrawPacket {
  return { ...packet, set: packet.set.map((object) => ({ ...object, tween: 0 })) };
}
