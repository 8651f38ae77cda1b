import { beforeEach, describe, expect, it } from "vitest";

import { Call, type CallTools } from "../../src/match/call";

let done: string[];
let permission: NotificationPermission;

class FakeNotification {
  static get permission(): NotificationPermission {
    return permission;
  }

  static async requestPermission(): Promise<NotificationPermission> {
    done.push("asked");
    return (permission = "granted");
  }

  onclick: (() => void) | null = null;

  constructor(title: string, { body }: NotificationOptions) {
    done.push(`${title}: ${body}`);
  }
}

class FakeAudio {
  state = "suspended";
  readonly currentTime = 3;

  async resume(): Promise<void> {
    this.state = "running";
  }

  createOscillator(): object {
    const tone = { frequency: { value: 0 }, connect: (next: unknown) => next, stop: () => undefined };
    return { ...tone, start: (at: number) => void done.push(`tone at ${at.toFixed(2)}`) };
  }

  createGain(): object {
    const gain = { setValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined };
    return { gain, connect: () => undefined };
  }

  async close(): Promise<void> {
    this.state = "closed";
  }
}

function callOf(focused: boolean, more: object = { Notification: FakeNotification, AudioContext: FakeAudio }): Call {
  return new Call({ focus: { focused }, ...more } as CallTools);
}

beforeEach(() => {
  [done, permission] = [[], "granted"];
});

describe("Call", () => {
  it("rings for whoever looks elsewhere", () => {
    const call = callOf(false);
    call.prepare();
    call.ring("The game begins", "Come back.");
    expect(done).toEqual(["tone at 3.00", "tone at 3.18", "The game begins: Come back."]);
  });

  it("leaves whoever is looking alone", () => {
    const call = callOf(true);
    call.prepare();
    call.ring("The game begins", "Come back.");
    expect(done).toEqual([]);
  });

  it("makes no sound that the browser has not allowed, nor after it was closed", () => {
    const call = callOf(false);
    call.ring("a", "b");
    call.prepare();
    call.close();
    call.ring("a", "b");
    expect(done).toEqual(["a: b", "a: b"]);
  });

  it("offers to ask for notifications once", async () => {
    permission = "default";
    const call = callOf(false);
    call.ring("a", "b");
    await call.offer?.();
    expect([done, call.offer]).toEqual([["asked"], null]);
  });

  it("needs nothing of the browser", () => {
    const call = callOf(false, {});
    call.prepare();
    call.ring("a", "b");
    call.close();
    expect([call.offer, done]).toEqual([null, []]);
  });
});
