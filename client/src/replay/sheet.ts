/** The pictures of a frame as one, with their titles: for a file. */

export interface Painting {
  title: string;
  canvas: HTMLCanvasElement;
}

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

const GAP = 12; // pixels, as all here
const LINE = 28;

/** Side by side, as high as the highest; what video encoders take has even sides. Pure. */
export function arrange(sizes: readonly { width: number; height: number }[]): { size: Place; places: Place[] } {
  let x = 0;
  const places = sizes.map(({ width, height }) => {
    const place = { x, y: LINE, width, height };
    x += width + GAP;
    return place;
  });
  const height = Math.max(0, ...sizes.map((size) => size.height)) + 2 * LINE;
  return { size: { x: 0, y: 0, width: even(x - GAP), height: even(height) }, places };
}

function even(size: number): number {
  return Math.ceil(Math.max(size, 2) / 2) * 2;
}

export class Sheet {
  readonly canvas = document.createElement("canvas");

  /** `caption` stands below the pictures. */
  draw(paintings: readonly Painting[], caption: string): void {
    const { size, places } = arrange(paintings.map(({ canvas }) => canvas));
    // Setting a size empties a canvas, and a video's must not change.
    if (this.canvas.width !== size.width) this.canvas.width = size.width;
    if (this.canvas.height !== size.height) this.canvas.height = size.height;
    const context = this.canvas.getContext("2d");
    if (context === null) throw new Error("This browser gives no canvas to draw on.");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, size.width, size.height);
    context.fillStyle = "#1c2430";
    context.font = "16px system-ui, sans-serif";
    context.textBaseline = "middle";
    paintings.forEach(({ title, canvas }, position) => {
      const place = places[position];
      if (place === undefined) return;
      context.fillText(title, place.x + 4, LINE / 2, place.width - 8);
      context.drawImage(canvas, place.x, place.y);
    });
    context.fillText(caption, 4, size.height - LINE / 2, size.width - 8);
  }

  /** The picture as a PNG file. */
  png(): Promise<Blob> {
    return new Promise((resolve, reject) => {
      this.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large."))), "image/png");
    });
  }
}

const VIDEO_TYPES = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];

/** Films a canvas in real time, from `start` to `end`. */
export class Film {
  private readonly recorder: MediaRecorder;
  private readonly parts: Blob[] = [];

  /** Throws where the browser records no video. */
  constructor(canvas: HTMLCanvasElement) {
    const type = VIDEO_TYPES.find((one) => MediaRecorder.isTypeSupported(one));
    if (type === undefined) throw new Error("This browser records no video. Save the frames as pictures instead.");
    this.recorder = new MediaRecorder(canvas.captureStream(), { mimeType: type, videoBitsPerSecond: 8_000_000 });
    this.recorder.addEventListener("dataavailable", ({ data }) => this.parts.push(data));
    this.recorder.start();
  }

  get suffix(): string {
    return this.recorder.mimeType.startsWith("video/mp4") ? "mp4" : "webm";
  }

  end(): Promise<Blob> {
    return new Promise((resolve) => {
      this.recorder.addEventListener("stop", () => resolve(new Blob(this.parts, { type: this.recorder.mimeType })));
      this.recorder.stop();
    });
  }
}

export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it only after a while
}
