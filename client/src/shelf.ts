/** Where the outbox writes its items down: IndexedDB, or memory where the browser refuses it. */

import { openDB, type DBSchema, type IDBPDatabase } from "idb";

import type { Item } from "./protocol.gen";

export interface Sized {
  item: Item;
  bytes: number;
}

export interface Entry extends Sized {
  key: number;
}

export interface Shelf {
  add(items: Sized[]): Promise<Entry[]>;
  /** The first `count` entries in the order in which they were added. */
  oldest(count: number): Promise<Entry[]>;
  remove(keys: number[]): Promise<void>;
}

interface Schema extends DBSchema {
  items: { key: number; value: Sized };
}

/** Survives reloads and crashes. One database per participant, so a shared computer mixes nobody's data. */
export class DatabaseShelf implements Shelf {
  private constructor(private readonly database: IDBPDatabase<Schema>) {}

  static async open(participantId: string): Promise<DatabaseShelf> {
    const database = await openDB<Schema>(`interactive-gym/${participantId}`, 1, {
      upgrade: (fresh) => void fresh.createObjectStore("items", { autoIncrement: true }),
    });
    return new DatabaseShelf(database);
  }

  async add(items: Sized[]): Promise<Entry[]> {
    const transaction = this.database.transaction("items", "readwrite", { durability: "relaxed" });
    const keys = await Promise.all(items.map((item) => transaction.store.add(item)));
    await transaction.done;
    return items.map((item, index) => ({ ...item, key: keys[index] as number }));
  }

  async oldest(count: number): Promise<Entry[]> {
    const store = this.database.transaction("items").store;
    const [keys, values] = await Promise.all([store.getAllKeys(null, count), store.getAll(null, count)]);
    return values.map((value, index) => ({ ...value, key: keys[index] as number }));
  }

  async remove(keys: number[]): Promise<void> {
    const transaction = this.database.transaction("items", "readwrite");
    await Promise.all([...keys.map((key) => transaction.store.delete(key)), transaction.done]);
  }
}

export class MemoryShelf implements Shelf {
  private readonly entries: Map<number, Entry>;
  private last = 2 ** 52; // later than any key of a database, so that keys still grow with time

  constructor(entries: Iterable<Entry> = []) {
    this.entries = new Map([...entries].map((entry) => [entry.key, entry]));
  }

  async add(items: Sized[]): Promise<Entry[]> {
    const added = items.map((item) => ({ ...item, key: ++this.last }));
    for (const entry of added) this.entries.set(entry.key, entry);
    return added;
  }

  async oldest(count: number): Promise<Entry[]> {
    return [...this.entries.values()].slice(0, count);
  }

  async remove(keys: number[]): Promise<void> {
    for (const key of keys) this.entries.delete(key);
  }
}

/** The database for as long as it works, then memory, with what this page has put into the database. What an earlier
 *  visit left there waits for the next one. */
export class FallbackShelf implements Shelf {
  private shelf: Shelf;
  private readonly own = new Map<number, Entry>();

  constructor(
    first: Shelf,
    private readonly lost: (error: unknown) => void,
  ) {
    this.shelf = first;
  }

  async add(items: Sized[]): Promise<Entry[]> {
    const added = await this.trying((shelf) => shelf.add(items));
    for (const entry of added) this.own.set(entry.key, entry);
    return added;
  }

  async oldest(count: number): Promise<Entry[]> {
    const entries = await this.trying((shelf) => shelf.oldest(count));
    forgetRemoved(this.own, entries);
    return entries;
  }

  async remove(keys: number[]): Promise<void> {
    await this.trying((shelf) => shelf.remove(keys));
    for (const key of keys) this.own.delete(key);
  }

  private async trying<Result>(action: (shelf: Shelf) => Promise<Result>): Promise<Result> {
    const shelf = this.shelf;
    try {
      return await action(shelf);
    } catch (error) {
      if (shelf instanceof MemoryShelf) throw error;
      if (this.shelf === shelf) this.giveUp(error);
      return action(this.shelf);
    }
  }

  private giveUp(error: unknown): void {
    this.shelf = new MemoryShelf(this.own.values());
    this.lost(error);
  }
}

/** Drops from `known` what lies before the `oldest` that is left: another tab of this participant has sent it. */
export function forgetRemoved(known: Map<number, Entry>, oldest: Entry[]): void {
  const first = oldest[0]?.key ?? Infinity;
  for (const key of known.keys()) {
    if (key >= first) return; // keys grow with time
    known.delete(key);
  }
}

/** The participant's shelf. `lost` is told, at once or later, that from then on nothing survives a reload. */
export async function openShelf(participantId: string, lost: (error: unknown) => void): Promise<Shelf> {
  try {
    return new FallbackShelf(await DatabaseShelf.open(participantId), lost);
  } catch (error) {
    lost(error);
    return new MemoryShelf();
  }
}
