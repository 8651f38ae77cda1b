/** The picture files of a game: loaded before it may start, so that nothing is missing in its first frame. */

import type { GameAsset } from "./protocol.gen";
import type { Download } from "./worker/download";

/** A picture file that has been decoded. */
export interface PictureFile {
  /** The whole picture (null), a cell of a sheet or a frame of an atlas; null if it has no such one. */
  frame(name: string | number | null): HTMLImageElement | HTMLCanvasElement | null;
}

export type Pictures = ReadonlyMap<string, PictureFile>;

/**
 * Loads all of a game's `assets`, at the same time. The result goes into `RendererOptions.pictures`.
 *
 * @param progress Called whenever something has arrived, with the bytes of all files together.
 * @param download `downloads(fetch, clock)` of worker/download.ts, which tries again while the network is bad. What it
 *   throws is thrown here, and an Error that names the picture where one cannot be decoded.
 */
export async function preloadAssets(
  assets: readonly GameAsset[],
  progress: (received: number, total: number) => void,
  download: Download,
): Promise<Pictures> {
  const total = assets.reduce((sum, { bytes }) => sum + bytes, 0);
  let received = 0;
  const arrived = (bytes: number): void => progress((received += bytes), total);
  const load = async (asset: GameAsset): Promise<[string, PictureFile]> => {
    const file = await download(asset.url, arrived);
    return [asset.name, new DecodedPicture(asset, await decode(file, asset))];
  };
  return new Map(await Promise.all(assets.map(load)));
}

/** Frames are cut out once: in one texture, they would run into their neighbours where they are enlarged. */
class DecodedPicture implements PictureFile {
  private readonly cut = new Map<string | number, HTMLCanvasElement>();

  constructor(
    private readonly asset: GameAsset,
    private readonly image: HTMLImageElement,
  ) {}

  frame(name: string | number | null): HTMLImageElement | HTMLCanvasElement | null {
    if (name === null) return this.image;
    const known = this.cut.get(name);
    if (known) return known;
    const box = frameBox(this.asset, name);
    if (!box) return null;
    const canvas = cutOut(this.image, box);
    this.cut.set(name, canvas);
    return canvas;
  }
}

export type Box = readonly [x: number, y: number, width: number, height: number];

/** Where a frame is in its picture: cells of a sheet are counted by rows from 0, frames of an atlas have names. */
export function frameBox({ size, cell, atlas }: GameAsset, name: string | number): Box | null {
  if (atlas) return Object.hasOwn(atlas, name) ? (atlas[name] ?? null) : null;
  if (!cell || typeof name !== "number") return null;
  const [width, height] = cell;
  const across = Math.floor(size[0] / width);
  const [column, row] = [name % across, Math.floor(name / across)];
  return name >= 0 && (row + 1) * height <= size[1] ? [column * width, row * height, width, height] : null;
}

function cutOut(image: HTMLImageElement, [x, y, width, height]: Box): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d")?.drawImage(image, x, y, width, height, 0, 0, width, height);
  return canvas;
}

async function decode(file: Blob, { name }: GameAsset): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return image;
  } catch (error) {
    throw new Error(`The picture ${JSON.stringify(name)} could not be decoded: ${String(error)}`);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
