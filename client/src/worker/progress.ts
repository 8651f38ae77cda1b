/** How far the runtime has come, in the bytes that the boot record announced. */

import type { Clock } from "../clock";
import type { LoadProgress, LoadStage } from "./messages";

const REPORT_MS = 100; // the page draws ten times a second at most; each report is a message

export class Progress {
  private stage: LoadStage = "download";
  private received = 0;
  private reportedAt = -Infinity;

  constructor(
    private readonly total: number,
    private readonly report: (progress: LoadProgress) => void,
    private readonly clock: Clock,
  ) {}

  /** Announced sizes are estimates to the reader of a bar: it never passes its end. */
  add(bytes: number): void {
    this.received = Math.min(this.total, this.received + bytes);
    if (this.clock.now() - this.reportedAt >= REPORT_MS) this.tell();
  }

  enter(stage: LoadStage): void {
    this.stage = stage;
    if (stage !== "download") this.received = this.total;
    this.tell();
  }

  private tell(): void {
    this.reportedAt = this.clock.now();
    this.report({ stage: this.stage, received: this.received, total: this.total });
  }
}

/** The same response, whose bytes are counted as they are read. */
export function counted(response: Response, count: (bytes: number) => void): Response {
  if (response.body === null) return response;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      count(piece.byteLength);
      controller.enqueue(piece);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(counter), { status, statusText, headers });
}
