/** The value below which the given part of all values lies, between two of them if need be; NaN without values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** The last `size` values. */
export class Recent {
  private readonly kept: number[] = [];
  private next = 0;

  constructor(private readonly size: number) {}

  add(value: number): void {
    this.kept[this.next] = value;
    this.next = (this.next + 1) % this.size;
  }

  get last(): number {
    return this.kept[(this.next + this.size - 1) % this.size] ?? Number.NaN;
  }

  quantile(part: number): number {
    return quantile(this.kept, part);
  }

  /** Of the kept values, how many are greater than this one. */
  above(limit: number): number {
    return this.kept.filter((value) => value > limit).length;
  }
}
