import { describe, expect, it, vi } from "vitest";

import type { Wire } from "../src/connection";
import { NotAccepted, PageScripts } from "../src/scripts";
import { FakeClock } from "./fakes";

/** A server that gives `answer` to everything; a function that throws does not answer. */
function asked(answer: (verb: string) => unknown = () => null): {
  scripts: PageScripts;
  said: [string, unknown][];
  clock: FakeClock;
  tell(values: Record<string, unknown>): void;
} {
  const said: [string, unknown][] = [];
  const listeners = new Map<string, (argument: unknown) => void>();
  const wire = {
    on: (event: string, listener: (argument: unknown) => void) => listeners.set(event, listener),
    timeout: () => ({
      emitWithAck: async (verb: string, body: unknown) => {
        said.push([verb, body]);
        return answer(verb);
      },
    }),
  } as unknown as Wire;
  const clock = new FakeClock();
  const scripts = new PageScripts(wire, clock, () => "form");
  return { scripts, said, clock, tell: (values) => listeners.get("attributes")?.({ values }) };
}

describe("PageScripts", () => {
  it("sends what JSON can carry, with the scene that is shown", async () => {
    const { scripts, said } = asked();
    await scripts.send("clicked", { times: 3 });
    await scripts.send("bare");
    await scripts.send("nothing", undefined);
    const message = (name: string, data: string): unknown => ["message", { scene_id: "form", name, data }];
    expect(said).toEqual([message("clicked", '{"times":3}'), message("bare", "null"), message("nothing", "null")]);
  });

  it("knows the attributes that the server tells, and says when they change", () => {
    const { scripts, tell } = asked();
    const changed = vi.fn();
    scripts.addEventListener("attributes", changed);
    expect(scripts.attributes).toEqual({});
    tell({ level: 3 });
    expect(scripts.attributes).toEqual({ level: 3 });
    expect(changed).toHaveBeenCalledOnce();
    expect(() => Object.assign(scripts.attributes, { level: 9 })).toThrow();
  });

  it("has an attribute once the server has stored it", async () => {
    const { scripts, said } = asked(() => ({ values: { volume: 0.5 } }));
    await scripts.set("volume", 0.5);
    expect(said).toEqual([["attribute", { scene_id: "form", name: "volume", value: "0.5" }]]);
    expect(scripts.attributes).toEqual({ volume: 0.5 });
  });

  it("rejects what the server refuses, and what it does not answer", async () => {
    const refusing = asked(() => ({ kind: "refused", reason: "not_allowed", text: "No." }));
    await expect(refusing.scripts.set("paid", 100)).rejects.toMatchObject({ reason: "not_allowed" });
    expect(refusing.scripts.attributes).toEqual({});
    const silent = asked(() => {
      throw new Error("timeout");
    });
    await expect(silent.scripts.send("a")).rejects.toBeInstanceOf(NotAccepted);
  });

  it("does not let a script that says too much end the study", async () => {
    const { scripts, said, clock } = asked();
    for (let count = 0; count < 50; count += 1) await scripts.send("moved", count);
    await expect(scripts.send("moved", 50)).rejects.toMatchObject({ reason: "too_fast" });
    expect(said.length).toBe(50);
    clock.advance(10_000);
    await scripts.send("moved", 51);
    expect(said.length).toBe(51);
  });
});
