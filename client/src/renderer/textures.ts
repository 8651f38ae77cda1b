import type Phaser from "phaser";
import type { PictureFile } from "../assets";

type OnReady = (loaded: Loaded) => void;
type Source = HTMLImageElement | HTMLCanvasElement;

/** An image that somebody uses. */
export interface Loaded {
  width: number;
  height: number;
  /** Its texture: `nearest` keeps its pixels square when it is enlarged, else they are blended. */
  key(nearest: boolean): string;
  release(): void;
}

interface Shared {
  name: string;
  users: number;
  source: Source | null; // null: not decoded yet
  waiting: OnReady[];
}

const KEEP_UNUSED = 32; // images that flip between a few sources (animations) are decoded once
const NEAREST = "-nearest";
const SMOOTH = "-smooth";
const CLAMP_TO_EDGE = 33071; // Phaser.Textures.WrapMode

/** Images by their data: URI, or by the name and frame of an asset: decoded once, shared, and freed when long unused. */
export class Textures {
  private readonly images = new Map<string, Shared>(); // least recently used first
  private made = 0;
  private closed = false;

  constructor(
    private readonly manager: Phaser.Textures.TextureManager,
    private readonly pictures: ReadonlyMap<string, PictureFile>,
    private readonly onLoaded: () => void,
  ) {}

  /** Calls back as soon as the image is decoded: at once when it is known, never when it cannot be. */
  use(src: string, frame: string | number | null, onReady: OnReady): void {
    const address = frame === null ? src : `${src}#${frame}`;
    const image = this.images.get(address) ?? this.open(src, frame, address);
    if (!image) return;
    this.images.delete(address);
    this.images.set(address, image);
    image.users++;
    if (image.source) onReady(this.loaded(image, image.source));
    else image.waiting.push(onReady);
  }

  destroy(): void {
    this.closed = true;
    this.images.clear();
  }

  private open(src: string, frame: string | number | null, address: string): Shared | null {
    const image: Shared = { name: `picture-${this.made++}`, users: 0, source: null, waiting: [] };
    if (src.startsWith("data:image/")) {
      void this.decode(src, image);
      return image;
    }
    image.source = this.pictures.get(src)?.frame(frame) ?? null;
    if (image.source) return image;
    console.error(`An image must be an asset of this game or a data: URI, not "${address.slice(0, 80)}".`);
    return null;
  }

  private async decode(src: string, image: Shared): Promise<void> {
    const source = await decodeImage(src);
    if (this.closed) return;
    if (!source) this.images.delete(src);
    else this.arrived(image, source);
  }

  private arrived(image: Shared, source: Source): void {
    image.source = source;
    for (const onReady of image.waiting) onReady(this.loaded(image, source));
    image.waiting = [];
    this.onLoaded();
  }

  private loaded(image: Shared, source: Source): Loaded {
    return {
      ...sizeOf(source),
      key: (nearest) => this.texture(image.name, source, nearest),
      release: () => this.release(image),
    };
  }

  private texture(name: string, source: Source, nearest: boolean): string {
    const key = `${name}${nearest ? NEAREST : SMOOTH}`;
    if (this.manager.exists(key)) return key;
    const texture = this.manager.addImage(key, source as HTMLImageElement); // addCanvas() would read all pixels back
    if (texture) setFilter(texture, nearest);
    return key;
  }

  private release(image: Shared): void {
    image.users--;
    if (this.closed) return;
    const unused = [...this.images].filter(([, { source, users }]) => source && users === 0);
    for (const [address, { name }] of unused.slice(0, Math.max(0, unused.length - KEEP_UNUSED))) {
      this.images.delete(address);
      for (const key of [name + NEAREST, name + SMOOTH]) if (this.manager.exists(key)) this.manager.remove(key);
    }
  }
}

/** Pixels of an enlarged texture stay square, or are blended; either way its edges do not run over to the other side. */
export function setFilter(texture: Phaser.Textures.Texture, nearest: boolean): void {
  texture.setFilter(nearest ? 1 : 0); // Phaser.Textures.FilterMode
  texture.setWrap(CLAMP_TO_EDGE, CLAMP_TO_EDGE);
}

function sizeOf(source: Source): { width: number; height: number } {
  if (source instanceof HTMLCanvasElement) return { width: source.width, height: source.height };
  return { width: source.naturalWidth, height: source.naturalHeight };
}

async function decodeImage(src: string): Promise<HTMLImageElement | null> {
  const image = new Image();
  image.src = src;
  try {
    await image.decode();
    return image;
  } catch (error) {
    console.error(`An image could not be decoded: ${src.slice(0, 80)}`, error);
    return null;
  }
}
