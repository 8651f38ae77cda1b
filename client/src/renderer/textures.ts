import type Phaser from "phaser";

type OnReady = (picture: Loaded) => void;

/** An image that somebody uses. */
export interface Loaded {
  width: number;
  height: number;
  /** Its texture: `nearest` keeps its pixels square when it is enlarged, else they are blended. */
  key(nearest: boolean): string;
  release(): void;
}

interface Picture {
  name: string;
  users: number;
  image: HTMLImageElement | null; // null: not decoded yet
  waiting: OnReady[];
}

const KEEP_UNUSED = 32; // images that flip between a few sources (animations) are decoded once
const NEAREST = "-nearest";
const SMOOTH = "-smooth";
const CLAMP_TO_EDGE = 33071; // Phaser.Textures.WrapMode

/** Images by their data: URI, decoded once, shared, and freed when long unused. */
export class Textures {
  private readonly pictures = new Map<string, Picture>(); // least recently used first
  private made = 0;
  private closed = false;

  constructor(
    private readonly manager: Phaser.Textures.TextureManager,
    private readonly onLoaded: () => void,
  ) {}

  /** Calls back as soon as the image is decoded: at once when it is known, never when it cannot be. */
  use(src: string, onReady: OnReady): void {
    const picture = this.pictures.get(src) ?? this.load(src);
    this.pictures.delete(src);
    this.pictures.set(src, picture);
    picture.users++;
    if (picture.image) onReady(this.loaded(picture, picture.image));
    else picture.waiting.push(onReady);
  }

  destroy(): void {
    this.closed = true;
    this.pictures.clear();
  }

  private load(src: string): Picture {
    const picture: Picture = { name: `picture-${this.made++}`, users: 0, image: null, waiting: [] };
    void decodeImage(src).then((image) => {
      if (this.closed) return;
      if (image) this.arrived(picture, image);
      else this.pictures.delete(src);
    });
    return picture;
  }

  private arrived(picture: Picture, image: HTMLImageElement): void {
    picture.image = image;
    for (const onReady of picture.waiting) onReady(this.loaded(picture, image));
    picture.waiting = [];
    this.onLoaded();
  }

  private loaded(picture: Picture, image: HTMLImageElement): Loaded {
    return {
      width: image.naturalWidth,
      height: image.naturalHeight,
      key: (nearest) => this.texture(picture.name, image, nearest),
      release: () => this.release(picture),
    };
  }

  private texture(name: string, image: HTMLImageElement, nearest: boolean): string {
    const key = `${name}${nearest ? NEAREST : SMOOTH}`;
    if (this.manager.exists(key)) return key;
    const texture = this.manager.addImage(key, image);
    if (texture) setFilter(texture, nearest);
    return key;
  }

  private release(picture: Picture): void {
    picture.users--;
    if (this.closed) return;
    const unused = [...this.pictures].filter(([, { image, users }]) => image && users === 0);
    for (const [src, { name }] of unused.slice(0, Math.max(0, unused.length - KEEP_UNUSED))) {
      this.pictures.delete(src);
      for (const key of [name + NEAREST, name + SMOOTH]) if (this.manager.exists(key)) this.manager.remove(key);
    }
  }
}

/** Pixels of an enlarged texture stay square, or are blended; either way its edges do not run over to the other side. */
export function setFilter(texture: Phaser.Textures.Texture, nearest: boolean): void {
  texture.setFilter(nearest ? 1 : 0); // Phaser.Textures.FilterMode
  texture.setWrap(CLAMP_TO_EDGE, CLAMP_TO_EDGE);
}

/** Only images inside the packet: an address would let a study load things that its server did not send. */
async function decodeImage(src: string): Promise<HTMLImageElement | null> {
  if (!src.startsWith("data:image/")) {
    console.error(`An image must be a data: URI, not "${src.slice(0, 80)}".`);
    return null;
  }
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
