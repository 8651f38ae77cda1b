import type { Impairment } from "../worker/messages";

const MOST: Impairment = { delay: 2000, jitter: 2000, loss: 100 };

/** What the address asks for (`?delay=100&jitter=20&loss=5`), within bounds; null: nothing. No number counts as 0. */
export function impairmentOf(query: string): Impairment | null {
  const parameters = new URLSearchParams(query);
  const value = (name: keyof Impairment): number => {
    const number = Number(parameters.get(name) ?? 0);
    return Number.isFinite(number) ? Math.min(MOST[name], Math.max(0, number)) : 0;
  };
  const asked: Impairment = { delay: value("delay"), jitter: value("jitter"), loss: value("loss") };
  return asked.delay + asked.jitter + asked.loss > 0 ? asked : null;
}

export function describeImpairment({ delay, jitter, loss }: Impairment): string {
  return `delay ${delay} ms, jitter ${jitter} ms, loss ${loss} %`;
}
