import type { DebugSink, FrameTimes, KeyTimes } from "./sink";

/** One line per frame and per key press on the console: where the milliseconds went. */
export function createLatencyLog(log: (line: string) => void = (line) => console.log(line)): DebugSink {
  return {
    frame: (times) => log(describeFrame(times)),
    key: (times) => log(describeKey(times)),
    status: (status) => log(`status ${JSON.stringify(status)}`),
    destroy: () => undefined,
  };
}

export function describeFrame(times: FrameTimes): string {
  const { episode, frame, dueMs, lateMs, stepMs, packetMs, paintedMs, predicted, rollback, rollbackMs } = times;
  const toPage = packetMs - dueMs - lateMs - stepMs;
  return (
    `frame ${episode}/${frame}: late ${ms(lateMs)}, step ${ms(stepMs)}, to page ${ms(toPage)}, ` +
    `to paint ${ms(paintedMs - packetMs)}, total ${ms(paintedMs - dueMs)}` +
    (predicted > 0 ? `, predicted ${predicted}` : "") +
    (rollback > 0 ? `, rolled back ${rollback} in ${ms(rollbackMs)}` : "")
  );
}

export function describeKey({ key, eventMs, sampledMs, executedMs, paintedMs }: KeyTimes): string {
  return (
    `key ${JSON.stringify(key)}: to sample ${ms(sampledMs - eventMs)}, to step ${ms(executedMs - sampledMs)}, ` +
    `to paint ${ms(paintedMs - executedMs)}, total ${ms(paintedMs - eventMs)}`
  );
}

function ms(duration: number): string {
  return `${duration.toFixed(1)} ms`;
}
