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

/** The same response; `count` is told of its bytes as they arrive.
 *
 *  They are counted in a copy: browsers keep compiled WebAssembly only for responses that come straight from the
 *  network. A body that passes through a stream of ours is compiled anew at each visit: 2.7 s instead of 1.7.
 */
export function counted(response: Response, count: (bytes: number) => void): Response {
  countCopy(response.clone(), count).catch(() => undefined); // whoever reads the original hears of its failure
  return response;
}

async function countCopy(copy: Response, count: (bytes: number) => void): Promise<void> {
  const reader = copy.body?.getReader();
  for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) count(piece.value.byteLength);
}
