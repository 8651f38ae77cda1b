// The page of tests/e2e/test_channels.py: peers with a worker each on one page, and what is the server for them.

import { systemClock } from "../../src/clock";
import { Peers } from "../../src/p2p/peers";
import type { LinkRow, Match, Signal } from "../../src/protocol.gen";
import { batchOf, entriesIn } from "../../src/worker/batch";
import type { FromHarness, ToHarness } from "./harness.worker";

interface Options {
  hand: boolean; // whether this page's browser hands channels over, if it can
  may_relay: boolean;
}

/** One peer, and what was seen of it. */
class Side {
  connected = false;
  kept = false; // the channels stay on the page
  up = false;
  losses = 0; // of the direct way
  connection = "";
  heard: string[] = [];
  row: LinkRow | null = null;
  reports: string[] = [];
  readonly rtcs: RTCPeerConnection[] = [];
  readonly peers: Peers;
  private readonly worker = new Worker(new URL("./harness.worker.ts", import.meta.url), { type: "module" });

  constructor(
    readonly peer: number,
    private readonly options: Options,
    private readonly other: () => Side,
  ) {
    const match = matchOf(peer, options.may_relay);
    this.worker.onmessage = ({ data }: MessageEvent<FromHarness>) => this.said(data);
    this.tell({ type: "match", run: 1, game: "", match, chunks: [], impairment: null });
    this.peers = new Peers(match, {
      run: 1,
      clock: systemClock,
      signal: (signal) => this.signal(signal),
      toWorker: (message, transfer) => this.tell(message, transfer),
      repairing: () => undefined,
      report: (name, _, reason) => this.reports.push(`${name}: ${reason}`),
      createConnection: (config) => this.create(config),
    });
  }

  say(tag: number, text: string): void {
    this.tell({ type: "say", peer: this.other().peer, tag, text });
  }

  private create(config: RTCConfiguration): RTCPeerConnection {
    const rtc = new RTCPeerConnection(config);
    this.rtcs.push(rtc);
    return rtc;
  }

  private tell(message: ToHarness, transfer: Transferable[] = []): void {
    if (message.type === "channels") this.kept = message.channels === null;
    if (message.type === "channels" && message.channels !== null && !this.options.hand) throw new Error("not here");
    if (message.type === "connection") this.connection = message.text;
    this.worker.postMessage(message, transfer);
  }

  private signal(signal: Signal): void {
    setTimeout(() => this.other().peers.signalled({ ...signal, peer: this.peer }));
  }

  private said(message: FromHarness): void {
    if (message.type === "heard") return void this.heard.push(`${message.tag} ${message.text}`);
    if (message.type === "connected") this.connected = true;
    if (message.type === "direct") this.up = message.up;
    if (message.type === "direct" && !message.up) this.losses += 1;
    if (message.type === "links") this.row = message.rows[0] ?? null;
    if (message.type === "relay") this.relay(message.batch);
    this.peers.fromWorker(message);
  }

  /** As the server does with what is for the other one: everything is. */
  private relay(batch: Uint8Array<ArrayBuffer>): void {
    const from = [...entriesIn(batch)].map(({ frame }) => ({ peer: this.peer, frame }));
    this.other().tell({ type: "relayed", run: 1, batch: batchOf(from) });
  }
}

function matchOf(peer: number, may_relay: boolean): Match {
  return {
    ...{ session_id: "s", seed: 0, peer, agent: String(peer), peers: [0, 1], boot: 1, generation: 0, returning: false },
    ...{ archive: "", is_mesh: true, may_relay, ice_servers: [], force_relay: false, validate_s: 30, game_text: "" },
  };
}

declare global {
  interface Window {
    sides: [Side, Side];
    meet(first: Options, second: Options): void;
  }
}

window.meet = (first, second) => {
  const sides: [Side, Side] = [new Side(0, first, () => sides[1]), new Side(1, second, () => sides[0])];
  window.sides = sides;
  for (const side of sides) side.peers.start();
};
