import "fake-indexeddb/auto";

import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError } from "../src/api";
import { MAX_BYTES, MAX_ITEMS, Outbox } from "../src/outbox";
import type { Event, Item, Receipt, RefusedItem, Upload } from "../src/protocol.gen";
import { DatabaseShelf, FallbackShelf, MemoryShelf, openShelf, type Shelf } from "../src/shelf";
import { FakeClock, settled } from "./fakes";

function event(id: string, text = ""): Event {
  return { kind: "event", id, name: "n", severity: "info", reason: text, client_ms: 0 };
}

function ids(items: Item[]): string[] {
  return items.map((item) => (item.kind === "event" ? item.id : item.kind));
}

/** A server that stores by id, and can be down, refuse, or lose its answers. */
class FakeServer {
  readonly stored = new Set<string>();
  readonly uploads: string[][] = [];
  readonly keepalive: string[][] = [];
  answer: (upload: Upload) => Receipt = (upload) => ({ accepted: upload.items.length, refused: [] });

  readonly send = async (upload: Upload, keepalive: boolean): Promise<Receipt> => {
    (keepalive ? this.keepalive : this.uploads).push(ids(upload.items));
    const receipt = this.answer(upload);
    const refused = new Set(receipt.refused.map((item) => item.position));
    ids(upload.items).forEach((id, position) => refused.has(position) || this.stored.add(id));
    return receipt;
  };
}

let clock: FakeClock;
let server: FakeServer;
let refusals: [string, string][];

function outboxOn(shelf: Shelf): Outbox {
  const refused = (item: Item, refusal: RefusedItem): void => void refusals.push([ids([item]).join(), refusal.reason]);
  return new Outbox(Promise.resolve(shelf), server.send, clock, { refused });
}

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  clock = new FakeClock();
  server = new FakeServer();
  refusals = [];
});

describe("Outbox", () => {
  it("sends what it was given, in order, once", async () => {
    const outbox = outboxOn(await DatabaseShelf.open("p"));
    await outbox.put([event("a"), event("b")]);
    await outbox.put([event("c")]);
    await clock.run(5000);
    expect(server.uploads.flat()).toEqual(["a", "b", "c"]);
    expect(outbox.size).toBe(0);
  });

  it("writes an item down before it sends it", async () => {
    const shelf = await DatabaseShelf.open("p");
    const outbox = outboxOn(shelf);
    await outbox.put([event("a")]);
    expect(ids((await shelf.oldest(10)).map((entry) => entry.item))).toEqual(["a"]);
    expect(server.uploads).toEqual([]);
  });

  it("sends at most once a second", async () => {
    const outbox = outboxOn(new MemoryShelf());
    for (let count = 0; count < 50; count += 1) {
      void outbox.put([event(`e${count}`)]);
      await clock.run(100);
    }
    expect(server.uploads.length).toBeLessThanOrEqual(6);
    await clock.run(2000);
    expect(server.stored.size).toBe(50);
  });

  it("keeps everything while the server is away, and sends it when it is back", async () => {
    const outbox = outboxOn(await DatabaseShelf.open("p"));
    server.answer = () => {
      throw new TypeError("Failed to fetch");
    };
    await outbox.put([event("a")]);
    await clock.run(120_000, 500);
    const tries = server.uploads.length;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(20);
    server.answer = (upload) => ({ accepted: upload.items.length, refused: [] });
    await clock.run(20_000, 500);
    expect([...server.stored]).toEqual(["a"]);
    expect(outbox.size).toBe(0);
  });

  it("goes on where the last visit stopped", async () => {
    const shelf = await DatabaseShelf.open("p");
    await shelf.add([{ item: event("left"), bytes: 10 }]);
    outboxOn(await DatabaseShelf.open("p"));
    await clock.run(1000);
    expect(server.uploads).toEqual([["left"]]);
    expect(await shelf.oldest(1)).toEqual([]);
  });

  it("mixes nobody's items with another participant's", async () => {
    await (await DatabaseShelf.open("other")).add([{ item: event("theirs"), bytes: 10 }]);
    outboxOn(await DatabaseShelf.open("p"));
    await clock.run(1000);
    expect(server.uploads).toEqual([]);
  });

  it("sends no more items in a request than the server takes", async () => {
    const outbox = outboxOn(new MemoryShelf());
    void outbox.put(Array.from({ length: 450 }, (_, index) => event(`e${index}`)));
    await clock.run(5000);
    expect(server.uploads.map((upload) => upload.length)).toEqual([MAX_ITEMS, MAX_ITEMS, 50]);
  });

  it("sends no more bytes in a request than the server takes", async () => {
    const outbox = outboxOn(new MemoryShelf());
    const third = "x".repeat(MAX_BYTES / 3);
    void outbox.put([event("a", third), event("b", third), event("c", third)]);
    await clock.run(5000);
    expect(server.uploads).toEqual([["a", "b"], ["c"]]);
  });

  it("removes and reports what the server refuses, and keeps the rest", async () => {
    const outbox = outboxOn(new MemoryShelf());
    server.answer = () => ({ accepted: 1, refused: [{ position: 1, reason: "bad_digest", text: "" }] });
    void outbox.put([event("good"), event("bad")]);
    await clock.run(5000);
    expect(refusals).toEqual([["bad", "bad_digest"]]);
    expect([...server.stored]).toEqual(["good"]);
    expect(outbox.size).toBe(0);
  });

  it("narrows a request that cannot be read down to the item at fault", async () => {
    const outbox = outboxOn(new MemoryShelf());
    server.answer = (upload) => {
      if (ids(upload.items).includes("poison"))
        throw new HttpError(400, { kind: "refused", reason: "malformed", text: "" });
      return { accepted: upload.items.length, refused: [] };
    };
    void outbox.put([event("a"), event("b"), event("poison"), event("c"), event("d")]);
    await clock.run(20_000);
    expect(refusals).toEqual([["poison", "malformed"]]);
    expect([...server.stored].sort()).toEqual(["a", "b", "c", "d"]);
  });

  it("asks less of a line that is too slow for all at once", async () => {
    const outbox = outboxOn(new MemoryShelf());
    server.answer = (upload) => {
      if (upload.items.length > 2) throw new DOMException("", "TimeoutError");
      return { accepted: upload.items.length, refused: [] };
    };
    void outbox.put([event("a"), event("b"), event("c"), event("d")]);
    await clock.run(10_000);
    expect(server.uploads).toEqual([
      ["a", "b", "c", "d"],
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("does not give up on items because the server does not know the participant at the moment", async () => {
    const outbox = outboxOn(new MemoryShelf());
    server.answer = () => {
      throw new HttpError(401, null);
    };
    void outbox.put([event("a")]);
    await clock.run(20_000, 500);
    expect(refusals).toEqual([]);
    expect(outbox.size).toBe(1);
  });
});

describe("Outbox.drain", () => {
  it("resolves at once, or nearly, when there is nothing to send", async () => {
    let drained = false;
    void outboxOn(new MemoryShelf())
      .drain()
      .then(() => (drained = true));
    await clock.run(100);
    expect(drained).toBe(true);
  });

  it("waits for the acknowledgement of everything, what comes meanwhile included", async () => {
    const outbox = outboxOn(new MemoryShelf());
    let drained = false;
    server.answer = () => {
      throw new TypeError("Failed to fetch");
    };
    void outbox.put([event("a")]);
    void outbox.drain().then(() => (drained = true));
    await clock.run(10_000, 500);
    void outbox.put([event("b")]);
    expect(drained).toBe(false);
    server.answer = (upload) => ({ accepted: upload.items.length, refused: [] });
    await clock.run(20_000, 500);
    expect(drained).toBe(true);
    expect([...server.stored]).toEqual(["a", "b"]);
  });

  it("resolves each time it is asked, however the asking falls into the sending", async () => {
    const outbox = outboxOn(new MemoryShelf());
    for (let round = 0; round < 5; round += 1) {
      let drained = false;
      void outbox.put([event(`e${round}`)]);
      await clock.run(round * 20, 20);
      void outbox.drain().then(() => (drained = true));
      await clock.run(2500, 250);
      expect(drained).toBe(true);
    }
  });
});

describe("Outbox.drain, in a hurry", () => {
  it("waits for no second, neither to send nor to see that nothing is left", async () => {
    const outbox = outboxOn(await DatabaseShelf.open("p"));
    await outbox.put([event("a")]);
    await clock.run(50, 10);
    expect(server.uploads).toEqual([["a"]]);
    let drained = false;
    void outbox.put([event("b")]);
    void outbox.drain().then(() => (drained = true));
    await clock.run(50, 10);
    expect(server.uploads).toEqual([["a"], ["b"]]);
    expect(drained).toBe(true);
  });

  it("sends a long backlog no faster than the server takes it for long", async () => {
    const outbox = outboxOn(new MemoryShelf());
    let drainedAt = Infinity;
    void outbox.put(Array.from({ length: 30 * MAX_ITEMS }, (_, index) => event(`e${index}`)));
    void outbox.drain().then(() => (drainedAt = clock.now()));
    await clock.run(15_000, 50);
    expect(server.uploads.length).toBe(30);
    expect(drainedAt).toBeGreaterThan(29 * 333);
    expect(drainedAt).toBeLessThan(30 * 500);
  });

  it("does not hurry a server that has just failed", async () => {
    const outbox = outboxOn(new MemoryShelf());
    server.answer = () => {
      throw new TypeError("Failed to fetch");
    };
    await outbox.put([event("a")]);
    await clock.run(50, 10);
    void outbox.drain();
    await clock.run(500, 10);
    expect(server.uploads.length).toBe(1);
  });
});

describe("Outbox.goodbye", () => {
  it("hands over what is not acknowledged, and keeps it written down", async () => {
    const shelf = await DatabaseShelf.open("p");
    const outbox = outboxOn(shelf);
    await outbox.put([event("a")]);
    await settled();
    outbox.goodbye();
    expect(server.keepalive).toEqual([["a"]]);
    expect((await shelf.oldest(10)).length).toBe(1);
  });

  it("hands over nothing that another tab of the participant has sent, and does not keep it either", async () => {
    const outbox = outboxOn(await openShelf("p", () => undefined));
    const other = await DatabaseShelf.open("p");
    await outbox.put([event("a"), event("b")]);
    await other.remove((await other.oldest(2)).map((entry) => entry.key));
    await outbox.put([event("c")]);
    server.answer = () => {
      throw new TypeError("Failed to fetch");
    };
    await clock.run(1000);
    outbox.goodbye();
    expect(server.keepalive).toEqual([["c"]]);
    expect(outbox.size).toBe(1);
  });

  it("stays within what browsers let outlive a page", async () => {
    const outbox = outboxOn(new MemoryShelf());
    await outbox.put([event("a", "x".repeat(40_000)), event("b", "x".repeat(40_000))]);
    outbox.goodbye();
    expect(server.keepalive).toEqual([["a"]]);
  });
});

describe("Outbox.goodbye, said twice", () => {
  it("hands over what is not even written down, and nothing twice at a time", async () => {
    const answers: (() => void)[] = [];
    const sent: string[][] = [];
    const send = (upload: Upload): Promise<Receipt> => {
      sent.push(ids(upload.items));
      return new Promise((resolve) => answers.push(() => resolve({ accepted: 1, refused: [] })));
    };
    const outbox = new Outbox(Promise.resolve(new MemoryShelf()), send, clock, { refused: () => undefined });
    void outbox.put([event("a", "x".repeat(40_000))]);
    outbox.goodbye();
    await outbox.put([event("b")]);
    outbox.goodbye();
    void outbox.put([event("c", "x".repeat(30_000))]); // there is no room for it
    outbox.goodbye();
    expect(sent).toEqual([["a"], ["b"]]);
    for (const answer of answers) answer();
    await settled();
    outbox.goodbye(); // nobody has waited for what came of that
    expect(sent.at(-1)).toEqual(["a", "b"]);
  });
});

describe("openShelf", () => {
  it("falls back to memory where the browser has no database, and says so", async () => {
    vi.stubGlobal("indexedDB", undefined);
    const lost = vi.fn();
    const outbox = outboxOn(await openShelf("p", lost));
    expect(lost).toHaveBeenCalledOnce();
    void outbox.put([event("a")]);
    await clock.run(2000);
    expect([...server.stored]).toEqual(["a"]);
  });

  it("goes on in memory when the database breaks later", async () => {
    const broken = await DatabaseShelf.open("p");
    vi.spyOn(broken, "add").mockRejectedValue(new DOMException("full", "QuotaExceededError"));
    const lost = vi.fn();
    const outbox = outboxOn(new FallbackShelf(broken, lost));
    void outbox.put([event("a")]);
    void outbox.put([event("b")]);
    await clock.run(3000);
    expect([...server.stored]).toEqual(["a", "b"]);
    expect(lost).toHaveBeenCalledOnce();
  });

  it("sends what it has written into a database that breaks before it could be sent", async () => {
    const broken = await DatabaseShelf.open("p");
    const outbox = outboxOn(new FallbackShelf(broken, () => undefined));
    await outbox.put([event("a"), event("b")]);
    vi.spyOn(broken, "oldest").mockRejectedValue(new DOMException("connection lost", "UnknownError"));
    await outbox.put([event("c")]);
    await clock.run(3000);
    expect(server.uploads).toEqual([["a", "b", "c"]]);
    expect(outbox.size).toBe(0);
  });
});
