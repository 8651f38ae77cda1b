import type Phaser from "phaser";
import { isPixelArt } from "./nodes";
import { setFilter } from "./textures";

interface Canvas {
  texture: Phaser.Textures.CanvasTexture;
  data: ImageData;
}

const KEY = "pixels";

/** An RGB(A) array behind all objects, as large as fits the scene. One texture is re-used as long as its size stays. */
export class PixelLayer {
  private canvas: Canvas | null = null;
  private scale = 1; // device pixels per scene pixel
  private image: Phaser.GameObjects.Image | null = null;

  constructor(
    private readonly scene: Phaser.Scene,
    private readonly width: number, // of the scene
    private readonly height: number,
  ) {}

  /** `pixels`: rows from the top, 3 or 4 bytes per pixel. */
  draw(width: number, height: number, pixels: Uint8Array): void {
    const canvas = this.canvasOf(width, height);
    copyPixels(pixels, canvas.data.data);
    upload(canvas);
  }

  rescale(scale: number): void {
    this.scale = scale;
    this.place();
  }

  private place(): void {
    if (!this.canvas || !this.image) return;
    const { width, height } = this.canvas.texture;
    const zoom = this.zoom(width, height);
    const [w, h] = [Math.round(width * zoom * this.scale), Math.round(height * zoom * this.scale)];
    const left = Math.round((this.width * this.scale - w) / 2);
    const top = Math.round((this.height * this.scale - h) / 2);
    this.image.setPosition(left, top).setDisplaySize(w, h);
  }

  /** Scene pixels per pixel of the array. */
  private zoom(width: number, height: number): number {
    return Math.min(this.width / width, this.height / height);
  }

  private canvasOf(width: number, height: number): Canvas {
    if (this.canvas?.texture.width === width && this.canvas.texture.height === height) return this.canvas;
    this.image?.destroy();
    if (this.canvas) this.scene.textures.remove(KEY);
    const texture = this.scene.textures.createCanvas(KEY, width, height);
    if (!texture) throw new Error(`No texture of ${width} x ${height} pixels can be made.`);
    setFilter(texture, isPixelArt(this.zoom(width, height)));
    this.image = this.scene.add.image(0, 0, KEY).setOrigin(0, 0).setDepth(-1);
    this.canvas = { texture, data: new ImageData(width, height) };
    this.place();
    return this.canvas;
  }
}

/** Straight to the GPU where there is one: Phaser's own refresh draws to a canvas first, and forgets the filter. */
function upload({ texture, data }: Canvas): void {
  const gpu = texture.source[0]?.glTexture;
  if (!gpu) return texture.context.putImageData(data, 0, 0);
  const { flipY, wrapS, wrapT, minFilter, magFilter, format } = gpu;
  gpu.update(data, data.width, data.height, flipY, wrapS, wrapT, minFilter, magFilter, format);
}

/** Throws RangeError when the array is not one of this many pixels. */
export function copyPixels(from: Uint8Array, to: Uint8ClampedArray): void {
  const pixels = to.length / 4;
  if (from.length === 4 * pixels) to.set(from);
  else if (from.length === 3 * pixels) copyOpaque(from, to);
  else throw new RangeError(`${from.length} bytes are not an RGB or RGBA array of ${pixels} pixels.`);
}

function copyOpaque(from: Uint8Array, to: Uint8ClampedArray): void {
  for (let source = 0, target = 0; target < to.length; source += 3, target += 4) {
    to[target] = from[source] ?? 0;
    to[target + 1] = from[source + 1] ?? 0;
    to[target + 2] = from[source + 2] ?? 0;
    to[target + 3] = 255;
  }
}
