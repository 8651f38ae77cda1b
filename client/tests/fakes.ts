/** Fakes of what lies outside: time, the worker, a page from the server. Nothing of ours is faked. */

import type { Clock } from "../src/clock";
import type { SoloPage } from "../src/game";
import type { GymPage, Match } from "../src/protocol.gen";
import type { WorkerLike } from "../src/runtime";
import type { Surroundings } from "../src/screening";
import type { FromWorker, ToWorker } from "../src/worker/messages";

/** Time that passes only when told to. `lag` makes every timer fire that much late. */
export class FakeClock implements Clock {
  private time = 0;
  private timers: { at: number; callback: () => void }[] = [];
  lag = 0;

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms + this.lag, callback };
    this.timers.push(timer);
    return () => (this.timers = this.timers.filter((other) => other !== timer));
  }

  get pending(): number {
    return this.timers.length;
  }

  /** Runs everything that is due within `ms`, in order. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.next(end); next; next = this.next(end)) {
      this.time = Math.max(this.time, next.at);
      this.timers = this.timers.filter((timer) => timer !== next);
      next.callback();
    }
    this.time = end;
  }

  /** Time stands still for the timers, as on a blocked or frozen page. */
  stall(ms: number): void {
    this.time += ms;
  }

  /** Advances in small steps, and lets promises settle after each. */
  async run(ms: number, step = 50): Promise<void> {
    for (let gone = 0; gone < ms; gone += step) {
      await settled();
      this.advance(Math.min(step, ms - gone));
    }
    await settled();
  }

  private next(end: number): { at: number; callback: () => void } | undefined {
    return this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Resolves after all promises that can settle by themselves, IndexedDB's fake included. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 6; round += 1) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A worker whose answers the test gives. */
export class FakeWorker implements WorkerLike {
  readonly heard: ToWorker[] = [];
  terminated = false;
  private readonly listeners = new Map<string, ((event: Event) => void)[]>();

  postMessage(message: ToWorker, _transfer?: Transferable[]): void {
    this.heard.push(message);
  }

  terminate(): void {
    this.terminated = true;
  }

  addEventListener(type: string, listener: (event: Event) => void): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  say(data: FromWorker): void {
    this.dispatch("message", new MessageEvent("message", { data }));
  }

  dispatch(type: string, event: Event): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event);
  }

  last<Type extends ToWorker["type"]>(type: Type): Extract<ToWorker, { type: Type }> | undefined {
    return this.heard.findLast((message): message is Extract<ToWorker, { type: Type }> => message.type === type);
  }
}

export const LAPTOP: Surroundings = {
  navigator: {
    userAgent:
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    maxTouchPoints: 0,
    languages: ["en-GB", "en"],
  },
  screen: { width: 1920, height: 1080 },
  RTCPeerConnection: class {},
};

/** Two episodes of ten frames a second. */
export const GYM_PAGE: SoloPage = {
  kind: "gym",
  scene_id: "drive",
  header: "Ready?",
  body: "<p>Drive.</p>",
  session_id: "s1",
  seed: 7,
  button: "Start",
  game_text: "",
  game: {
    scene_id: "drive",
    environment: "m:make",
    options: {},
    draw: null,
    hud: null,
    hud_function: null,
    policies: { "0": "human" },
    bindings: [
      { keys: ["a", "b"], action: 1 },
      { keys: ["a"], action: 2 },
    ],
    default_action: 0,
    input_mode: "pressed_keys",
    fps: 10,
    width: 100,
    height: 50,
    background: "#000000",
    interpolate: true,
    smooth: true,
    assets: [],
    episodes: 2,
    max_steps: null,
    pause_s: 2,
    loading_timeout_s: 60,
    record_observations: false,
    multiplayer: null,
  },
};

/** The same game for two, and its match: this page plays "0", its partner "1"; frames go by the server. */
export const MATCH_PAGE: GymPage = {
  ...GYM_PAGE,
  session_id: null,
  seed: null,
  game: {
    ...GYM_PAGE.game,
    policies: { "0": "human", "1": "human" },
    multiplayer: { group: 2, wait_s: 300, countdown_s: 3, input_delay: 2, relay: "fallback" },
  },
};

export const MATCH: Match = {
  session_id: "m1",
  seed: 7,
  peer: 0,
  agent: "0",
  peers: [0, 1],
  boot: 1,
  generation: 4,
  returning: false,
  archive: "/a.tar",
  is_mesh: false,
  may_relay: true,
  ice_servers: [],
  force_relay: false,
  validate_s: 15,
  game_text: "<p>Pull.</p>",
};
