import { Recent } from "./quantiles";
import type { LinkRow } from "../protocol.gen";
import type { DebugSink, FrameTimes, KeyTimes, Status } from "./sink";

const REFRESH_MS = 250;
const KEPT = 240; // frames or key presses of which figures are given

/** Live figures in a corner of the page, rewritten four times a second at most. */
export function createOverlay(parent: HTMLElement): DebugSink {
  return new Overlay(parent);
}

class Overlay implements DebugSink {
  private readonly element = document.createElement("pre");
  private readonly figures = new Figures();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(parent: HTMLElement) {
    this.element.id = "debug";
    Object.assign(this.element.style, {
      position: "fixed",
      top: "0",
      right: "0",
      zIndex: "1000",
      margin: "0",
      padding: "4px 8px",
      font: "12px/1.4 monospace",
      color: "#fff",
      background: "rgba(0, 0, 0, 0.7)",
      pointerEvents: "none",
    });
    parent.append(this.element);
  }

  frame(times: FrameTimes): void {
    this.figures.frame(times);
    this.refreshSoon();
  }

  key(times: KeyTimes): void {
    this.figures.key(times);
    this.refreshSoon();
  }

  status(status: Partial<Status>): void {
    this.figures.status(status);
    this.refreshSoon();
  }

  destroy(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.element.remove();
  }

  private refreshSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.element.textContent = this.figures.text();
    }, REFRESH_MS);
  }
}

/** The figures themselves, without a page. */
export class Figures {
  private readonly painted = new Recent(KEPT);
  private readonly late = new Recent(KEPT);
  private readonly step = new Recent(KEPT);
  private readonly inputToPaint = new Recent(KEPT);
  private readonly predicted = new Recent(KEPT);
  private readonly rollbackCost = new Recent(KEPT);
  private rollbacks = { count: 0, frames: 0, deepest: 0 };
  private current: Partial<Status> & { frame?: number } = {};

  frame(times: FrameTimes): void {
    this.current.frame = times.frame;
    this.painted.add(times.paintedMs);
    this.late.add(times.lateMs);
    this.step.add(times.stepMs);
    this.predicted.add(times.predicted);
    if (times.rollback > 0) this.rolledBack(times);
  }

  private rolledBack({ rollback, rollbackMs }: FrameTimes): void {
    const { count, frames, deepest } = this.rollbacks;
    this.rollbacks = { count: count + 1, frames: frames + rollback, deepest: Math.max(deepest, rollback) };
    this.rollbackCost.add(rollbackMs);
  }

  key(times: KeyTimes): void {
    this.inputToPaint.add(times.paintedMs - times.eventMs);
  }

  status(status: Partial<Status>): void {
    Object.assign(this.current, status);
  }

  text(): string {
    const { episode = "-", frame = "-", renderer = "-", outbox = "-" } = this.current;
    return [
      `episode ${episode}  frame ${frame}  ${renderer}`,
      `fps ${this.painted.above(this.painted.last - 1000)}`,
      `late  ${spread(this.late)}`,
      `step  ${spread(this.step)}`,
      `input to paint  ${spread(this.inputToPaint)}`,
      `outbox ${outbox}`,
      ...this.ofMatch(),
    ].join("\n");
  }

  /** Of games of several people only. */
  private ofMatch(): string[] {
    const { links = [], impairment } = this.current;
    const { count, frames, deepest } = this.rollbacks;
    const impaired = impairment === undefined ? [] : [`impaired on purpose: ${impairment}`];
    if (links.length === 0) return impaired;
    return [
      `predicted  ${spread(this.predicted, "frames")}`,
      `rollbacks ${count}  ${frames} frames  deepest ${deepest}  ${spread(this.rollbackCost)}`,
      ...links.map(describeLink),
      ...impaired,
    ];
  }
}

export function describeLink([, partner, path, connection, rtt, jitter, lost, sent, received]: LinkRow): string {
  const ping = rtt === null ? "-" : `${rtt.toFixed(0)} ms`;
  const shaking = jitter === null ? "" : ` ± ${jitter.toFixed(1)}`;
  const loss = lost === null ? "" : `  lost ${(lost * 100).toFixed(1)} %`;
  return `${partner}: ${path} ${connection}  ping ${ping}${shaking}${loss}  out ${sent} in ${received}`;
}

function spread(values: Recent, unit = "ms"): string {
  const [last, median, p95] = [values.last, values.quantile(0.5), values.quantile(0.95)];
  return Number.isNaN(last) ? "-" : `${last.toFixed(1)} ${unit} (median ${median.toFixed(1)}, p95 ${p95.toFixed(1)})`;
}
