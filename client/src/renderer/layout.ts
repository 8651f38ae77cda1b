import { fit, type Fit } from "./fit";

/** Keeps a canvas as large as its parent allows, and tells when that changes: the window, its zoom, the display. */
export class Layout {
  private readonly frame = document.createElement("div"); // the canvas hangs in it out of flow: it never pushes its parent
  private readonly observer = new ResizeObserver(() => this.update());
  private readonly ended = new AbortController();
  private current: Fit | null = null;

  constructor(
    parent: HTMLElement,
    private readonly canvas: HTMLCanvasElement,
    private readonly scene: { width: number; height: number },
    private readonly onChange: (place: Fit) => void,
  ) {
    Object.assign(this.frame.style, { position: "relative", width: "100%" });
    Object.assign(canvas.style, { position: "absolute", left: "0", top: "0", display: "block" });
    this.frame.append(canvas);
    parent.append(this.frame);
    this.observer.observe(parent);
    window.addEventListener("resize", () => this.update(), { signal: this.ended.signal });
    this.watchPixelRatio();
  }

  /** Measures, and reports if anything is different from the last time. */
  update(): void {
    const space = this.measure();
    if (space.width < 1) return; // hidden: nothing to see, and nothing to measure
    const place = fit(this.scene, space, window.devicePixelRatio);
    if (JSON.stringify(place) === JSON.stringify(this.current)) return;
    this.current = place;
    this.onChange(place);
    this.apply(place);
  }

  destroy(): void {
    this.ended.abort();
    this.observer.disconnect();
    this.frame.remove();
  }

  private measure(): DOMRect {
    this.frame.style.height = "100%";
    const own = this.frame.getBoundingClientRect();
    if (own.height >= 1) return own;
    const width = own.width;
    const below = window.innerHeight - (own.top + window.scrollY);
    const height = Math.max(below, window.innerHeight / 2);
    const used = Math.min(height, (width * this.scene.height) / this.scene.width);
    this.frame.style.height = `${used}px`;
    return new DOMRect(own.left, own.top, width, used);
  }

  private apply(place: Fit): void {
    Object.assign(this.canvas.style, {
      width: `${place.cssWidth}px`,
      height: `${place.cssHeight}px`,
      marginLeft: `${place.marginLeft}px`,
      marginTop: `${place.marginTop}px`,
    });
  }

  /** There is no event for a new pixel ratio; a media query for the present one stops matching. */
  private watchPixelRatio(): void {
    const query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    const changed = (): void => {
      this.update();
      this.watchPixelRatio();
    };
    query.addEventListener("change", changed, { once: true, signal: this.ended.signal });
  }
}
