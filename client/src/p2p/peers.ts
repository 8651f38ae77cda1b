/** The page's ends of the direct connections of one match. */

import type { Clock } from "../clock";
import type { EventData } from "../events";
import type { Event, IceServer, Match, Signal } from "../protocol.gen";
import type { FromWorker, ToWorker } from "../worker/messages";
import { Outages } from "./outages";
import { Pair } from "./pair";
import type { Repair, RepairKind } from "./repairs";

const REFUSED = [401, 403]; // by a TURN server: wrong credentials, or not for this user

export interface PeersTools {
  run: number; // of the worker's game
  clock: Clock;
  signal(signal: Signal): void; // may be lost while there is no socket
  /** Must throw what `Worker.postMessage` throws: that is how a browser says that it hands no channels over. */
  toWorker(message: ToWorker, transfer: Transferable[]): void;
  report(name: string, severity: Event["severity"], reason: string, data: EventData): void;
  /** What is being tried just now to reach a peer; null: nothing more is. */
  repairing(peer: number, kind: RepairKind | null): void;
  createConnection?(config: RTCConfiguration): RTCPeerConnection | null; // null: no WebRTC here
}

export class Peers {
  private readonly pairs = new Map<number, Pair>();
  private readonly complaints = new Set<string>(); // made once for each server
  private readonly outages = new Map<number, Outages>();

  constructor(
    private readonly match: Match,
    private readonly tools: PeersTools,
  ) {}

  /** Call it after the worker was sent "match". Does nothing for a match that is no mesh. */
  start(): void {
    if (!this.match.is_mesh) return;
    const partners = this.match.peers.filter((peer) => peer !== this.match.peer);
    if (!this.isPossible()) return partners.forEach((peer) => this.renounce(peer));
    for (const peer of partners) {
      this.pairs.set(peer, this.pairWith(peer));
      this.outages.set(peer, this.outagesOf(peer));
    }
    for (const pair of this.pairs.values()) pair.start();
  }

  /** A "signal" came from the server. */
  signalled(signal: Signal): void {
    if (signal.session_id === this.match.session_id) this.pairs.get(signal.peer)?.signalled(signal);
  }

  /** Frames for the page's own channels, and news of the direct ways; all others are ignored. */
  fromWorker(message: FromWorker): void {
    if (!("run" in message) || message.run !== this.tools.run) return;
    if (message.type === "direct") this.direct(message.peer, message.up);
    if (message.type === "detour") this.outages.get(message.peer)?.detour(message.works, message.ms);
    if (message.type === "closed") this.pairs.get(message.peer)?.closed(message.link);
    if (message.type === "send") this.pairs.get(message.peer)?.send(message.frame);
  }

  /** Until something else is tried, the way by the server is. */
  private direct(peer: number, up: boolean): void {
    this.pairs.get(peer)?.direct(up);
    const outages = this.outages.get(peer);
    if (outages === undefined) return;
    if (up) outages.end();
    else outages.begin();
    if (up || this.match.may_relay) this.tools.repairing(peer, up ? null : "relay");
  }

  private outagesOf(peer: number): Outages {
    const { tools } = this;
    return new Outages({
      clock: tools.clock,
      lost: () => tools.report("direct_lost", "warning", "silent", { peer }),
      restored: (ms) => tools.report("direct_restored", "info", "heard", { peer, ms }),
      detour: (repair) => this.repaired(peer, repair),
    });
  }

  private repaired(peer: number, { kind, cause, ms, result }: Repair): void {
    const data = { peer, kind, cause, ms };
    this.tools.report("link_repair", result === "connected" ? "info" : "warning", result, data);
  }

  /** The socket is back: says again what may have been lost. */
  linkedAgain(): void {
    for (const pair of this.pairs.values()) pair.linkedAgain();
  }

  /** The game is over: what is connected stays so, and nothing is repaired any more. */
  rest(): void {
    this.forgetOutages();
    for (const pair of this.pairs.values()) pair.rest();
  }

  close(): void {
    this.forgetOutages();
    for (const pair of this.pairs.values()) pair.close();
    this.pairs.clear();
  }

  private forgetOutages(): void {
    for (const outages of this.outages.values()) outages.close();
    this.outages.clear();
  }

  private pairWith(peer: number): Pair {
    const { run, clock, signal, toWorker } = this.tools;
    return new Pair(this.match, peer, {
      ...{ run, clock, signal, toWorker },
      create: () => this.create(),
      refused: (what, error) => this.tools.report("signal_refused", "warning", String(error), { peer, what }),
      iceError: (event) => this.complain(event),
      trying: (kind) => this.tools.repairing(peer, kind),
      repaired: (repair) => this.repaired(peer, repair),
    });
  }

  /** Tried, because a browser may have the name and yet refuse. */
  private isPossible(): boolean {
    const connection = this.create();
    connection?.close();
    return connection !== null;
  }

  private create(): RTCPeerConnection | null {
    const { ice_servers, force_relay } = this.match;
    const iceServers = ice_servers.map(iceServerOf);
    try {
      const make = this.tools.createConnection ?? createConnection;
      const connection = make({ iceServers, iceTransportPolicy: force_relay ? "relay" : "all" });
      if (connection === null) this.once("no_webrtc", "warning", "This browser has no RTCPeerConnection.", {});
      return connection;
    } catch (error) {
      this.once("no_webrtc", "warning", String(error), {});
      return null;
    }
  }

  /** The worker need not wait for a direct way. */
  private renounce(peer: number): void {
    this.tools.toWorker({ type: "unlinked", run: this.tools.run, peer, link: "" }, []);
  }

  private complain({ url, errorCode, errorText }: RTCPeerConnectionIceErrorEvent): void {
    const data = { url, code: errorCode };
    if (REFUSED.includes(errorCode)) this.once("turn_refused", "error", errorText, data);
    else this.once("ice_server_failed", "warning", errorText, data);
  }

  private once(name: string, severity: Event["severity"], reason: string, data: EventData): void {
    const key = `${name} ${data["url"] ?? ""}`;
    if (this.complaints.has(key)) return;
    this.complaints.add(key);
    this.tools.report(name, severity, reason, data);
  }
}

function createConnection(config: RTCConfiguration): RTCPeerConnection | null {
  return typeof RTCPeerConnection === "undefined" ? null : new RTCPeerConnection(config);
}

function iceServerOf({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls, ...(username ? { username } : {}), ...(credential ? { credential } : {}) };
}
