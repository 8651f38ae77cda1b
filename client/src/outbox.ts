/** What must reach the server: written down here first, sent at most once a second, kept until it is acknowledged.
 *
 *  While somebody waits for all of it (`drain`), it goes at once, and a long backlog as fast as the server takes it.
 */

import { HttpError } from "./api";
import { backoff, type Clock } from "./clock";
import type { Item, Receipt, RefusedItem, Upload } from "./protocol.gen";
import { forgetRemoved, type Entry, type Shelf, type Sized } from "./shelf";

export const MAX_ITEMS = 200; // Upload.items in protocol.py
export const MAX_BYTES = 900_000; // MAX_UPLOAD_BYTES in protocol.py, less the frame around the items
const KEEPALIVE_BYTES = 60_000; // browsers refuse keepalive bodies above 64 kB
const INTERVAL_MS = 1_000;
const HURRY_MS = 350; // UPLOADS in server/http.py: three a second for as long as it takes
const RETRY_MOST_MS = 15_000;

export type Send = (upload: Upload, keepalive: boolean) => Promise<Receipt>;

export interface OutboxHooks {
  /** The server will never take this item; it has been removed. */
  refused(item: Item, refusal: RefusedItem): void;
}

export class Outbox {
  private writing: Promise<void> = Promise.resolve();
  private readonly unsent = new Map<number, Entry>(); // in memory too: a goodbye cannot wait for a database
  private readonly unwritten = new Set<Sized>();
  private readonly parting = new Map<Item, number>(); // under way in goodbyes, and their bytes
  private waiting: (() => void)[] = [];
  private sending = false;
  private failures = 0;
  private batchItems = MAX_ITEMS;
  private sentAt = -Infinity;
  private retryAt = -Infinity; // after a failure
  private cancelTimer: (() => void) | null = null;

  constructor(
    private readonly shelf: Promise<Shelf>,
    private readonly send: Send,
    private readonly clock: Clock,
    private readonly hooks: OutboxHooks,
  ) {
    void shelf.then(() => this.schedule()); // an earlier visit may have left something behind
  }

  /** How many of this page's items wait for their acknowledgement. */
  get size(): number {
    return this.unsent.size;
  }

  /** Resolves when the items are written down, in the order in which they were given. */
  put(items: Item[]): Promise<void> {
    const sized = items.map((item) => ({ item, bytes: sizeOf(item) }));
    for (const one of sized) this.unwritten.add(one);
    this.writing = this.writing.then(() => this.write(sized));
    return this.writing;
  }

  private async write(sized: Sized[]): Promise<void> {
    for (const entry of await (await this.shelf).add(sized)) this.unsent.set(entry.key, entry);
    for (const one of sized) this.unwritten.delete(one);
    this.schedule();
  }

  /** Resolves when nothing is left to be acknowledged. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.sentAt = -Infinity;
      void this.writing.then(() => this.schedule());
    });
  }

  /** The page may be going away: what is small enough to outlive it goes now, the oldest first, as it is worth most where
   *  nothing is missing before it. It stays written down regardless. A page that goes is hidden first, and says this twice. */
  goodbye(): void {
    const left = [...this.unsent.values(), ...this.unwritten].filter(({ item }) => !this.parting.has(item));
    const room = KEEPALIVE_BYTES - [...this.parting.values()].reduce((sum, bytes) => sum + bytes, 0);
    const small = prefix(left, ({ bytes }) => bytes, room).slice(0, MAX_ITEMS);
    if (small.length === 0) return;
    for (const { item, bytes } of small) this.parting.set(item, bytes);
    const over = (): void => small.forEach(({ item }) => this.parting.delete(item));
    this.send({ items: small.map(({ item }) => item) }, true).then(over, over); // the next visit sends it again
  }

  private schedule(): void {
    if (this.sending) return;
    this.cancelTimer?.();
    const interval = this.waiting.length > 0 ? HURRY_MS : INTERVAL_MS;
    const due = Math.max(this.sentAt + interval, this.retryAt);
    this.cancelTimer = this.clock.after(Math.max(0, due - this.clock.now()), () => {
      this.cancelTimer = null;
      void this.pump();
    });
  }

  private async pump(): Promise<void> {
    this.sending = true;
    const batch = await this.nextBatch();
    if (batch.length > 0) await this.upload(batch);
    const left = !(await this.settleIfEmpty());
    this.sending = false;
    if (left || this.waiting.length > 0) this.schedule();
  }

  private async nextBatch(): Promise<Entry[]> {
    await this.writing;
    const oldest = await (await this.shelf).oldest(this.batchItems);
    forgetRemoved(this.unsent, oldest);
    return this.fitting(oldest);
  }

  /** Whoever waits for that is told at once. */
  private async settleIfEmpty(): Promise<boolean> {
    const written = this.writing;
    await written;
    const rest = await (await this.shelf).oldest(1);
    const isEmpty = rest.length === 0 && this.writing === written;
    if (isEmpty) for (const resolve of this.waiting.splice(0)) resolve();
    return isEmpty;
  }

  private fitting(entries: Entry[]): Entry[] {
    const batch = prefix(entries, (entry) => entry.bytes, MAX_BYTES);
    return batch.length > 0 ? batch : entries.slice(0, 1);
  }

  private async upload(batch: Entry[]): Promise<void> {
    this.sentAt = this.clock.now();
    try {
      const receipt = await this.send({ items: batch.map((entry) => entry.item) }, false);
      await this.acknowledged(batch, receipt.refused);
    } catch (error) {
      await this.failed(batch, error);
    }
  }

  private async acknowledged(batch: Entry[], refusals: RefusedItem[]): Promise<void> {
    this.failures = 0;
    this.batchItems = MAX_ITEMS;
    await this.remove(batch);
    for (const refusal of refusals) {
      const entry = batch[refusal.position];
      if (entry) this.hooks.refused(entry.item, refusal);
    }
  }

  private async remove(batch: Entry[]): Promise<void> {
    const keys = batch.map((entry) => entry.key);
    for (const key of keys) this.unsent.delete(key);
    await (await this.shelf).remove(keys);
  }

  /** A request that cannot be read is narrowed down to the item at fault; after anything else it is tried again. */
  private async failed(batch: Entry[], error: unknown): Promise<void> {
    const unreadable = error instanceof HttpError && [400, 413, 422].includes(error.status);
    if (!unreadable) {
      if (isTimeout(error)) this.batchItems = Math.ceil(batch.length / 2); // a line this slow never takes all of it
      return this.later();
    }
    if (batch.length > 1) this.batchItems = Math.ceil(batch.length / 2);
    else await this.acknowledged(batch, [refusalOf(error)]);
  }

  private later(): void {
    this.retryAt = this.clock.now() + backoff(this.failures, INTERVAL_MS, RETRY_MOST_MS);
    this.failures += 1;
  }
}

function refusalOf(error: HttpError): RefusedItem {
  const reason = error.refusal?.reason ?? `http_${error.status}`;
  return { position: 0, reason, text: error.refusal?.text ?? error.message };
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

function sizeOf(item: Item): number {
  return new TextEncoder().encode(JSON.stringify(item)).length + 1; // and a comma
}

/** As many of the first values as stay below `limit` together. */
function prefix<Value>(values: Value[], size: (value: Value) => number, limit: number): Value[] {
  let total = 0;
  const end = values.findIndex((value) => (total += size(value)) > limit);
  return end === -1 ? values : values.slice(0, end);
}
