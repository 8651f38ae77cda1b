/** This page and one partner: brings their direct connection about, and repairs it for as long as the match lasts. */

import { randomName } from "../bytes";
import { backoff, type Clock } from "../clock";
import type { Match, Signal } from "../protocol.gen";
import type { Frame } from "../worker/frames";
import type { ToWorker } from "../worker/messages";
import { DirectConnection } from "./connection";
import { Repairs, type Repair, type RepairKind, type RepairResult } from "./repairs";

const ASK_MS = 1500; // an offer made when this page began to wait would be here
const ATTEMPT_MS = 5000; // signals, ICE, DTLS, SCTP: ten round trips; at 400 ms each, and a second for slow pages
const PAUSE_FIRST_MS = 1000;
const PAUSE_MOST_MS = 10_000; // when the network is back, an attempt must be underway soon
const OFFERED_MS = 20_000; // who offers tries again sooner than that, unless it sees nothing wrong
const SHAKY_MS = 1000; // bursts of loss pass by themselves
const PATIENT_MS = 7000; // who can only ask for repair asks when the other one has tried new ways
const YOUNG_MS = 2000; // an attempt of this age is not given up because the partner asks
const MOST_GONE = 32; // names of earlier connections; no signal is so late

type State = "waiting" | "attempting" | "pausing" | "up" | "shaky" | "resting" | "closed";
type Happening = "offered" | "asked" | "heard" | "silent" | "failed" | "late" | "closed";

/** What leads where; nothing else changes anything. Only `closed` ends it: the game may outlive any outage. */
export const TABLE: Record<State, Partial<Record<Happening, State>>> = {
  /** An answer was given, or an offer is expected. */
  waiting: { offered: "waiting", heard: "up", failed: "pausing", late: "attempting", closed: "closed" },
  attempting: {
    offered: "waiting",
    asked: "attempting",
    heard: "up",
    failed: "pausing",
    late: "attempting",
    closed: "closed",
  },
  pausing: { offered: "waiting", asked: "attempting", heard: "up", late: "attempting", closed: "closed" },
  up: { offered: "waiting", asked: "attempting", silent: "shaky", failed: "attempting", closed: "closed" },
  shaky: {
    offered: "waiting",
    asked: "attempting",
    heard: "up",
    failed: "attempting",
    late: "attempting",
    closed: "closed",
  },
  /** Nobody needs a connection any more; one that is there may be of use for a moment. */
  resting: { closed: "closed" },
  closed: {},
};

/** What becomes of an attempt that is under way. */
const RESULTS: Partial<Record<Happening, RepairResult>> = {
  asked: "superseded",
  heard: "connected",
  failed: "failed",
  late: "timed_out",
  closed: "given_up",
};

/** What has led to an attempt where nothing else happened for a while. */
const LATE: Partial<Record<State, string>> = { shaky: "silent", attempting: "timed_out", waiting: "no_offer" };

export interface PairTools {
  run: number;
  clock: Clock;
  create(): RTCPeerConnection | null; // null: not in this browser
  signal(signal: Signal): void;
  toWorker(message: ToWorker, transfer: Transferable[]): void;
  refused(what: Signal["what"], error: unknown): void;
  iceError(event: RTCPeerConnectionIceErrorEvent): void;
  trying(kind: RepairKind | null): void;
  repaired(repair: Repair): void; // or not: an attempt has ended
}

export class Pair {
  private state: State = "waiting";
  private connection: DirectConnection | null = null;
  private readonly offers: boolean;
  private readonly gone: string[] = []; // names of earlier connections
  private attempts = 0; // since the connection stood
  private attemptedAt = 0;
  private stood = false; // the connection did, once
  private canRestart = false; // it stood, and has not looked for new ways since
  private keeps = false; // no channels are handed to the worker
  private isHeard = false; // by the worker
  private known: RTCPeerConnectionState = "new"; // of the connection
  private cause = "start"; // of the next attempt
  private readonly repairs: Repairs;
  private cancel: () => void = () => undefined;

  constructor(
    private readonly match: Match,
    private readonly peer: number,
    private readonly tools: PairTools,
  ) {
    this.offers = match.peer < peer;
    this.repairs = new Repairs(tools.clock, tools.trying, tools.repaired);
  }

  start(): void {
    if (this.offers || this.match.returning) this.enter("attempting");
    else this.wait(ASK_MS);
  }

  signalled(signal: Signal): void {
    if (this.state === "resting" || this.state === "closed") return;
    if (signal.what === "ask") this.asked();
    else if (signal.what === "offer") this.offered(signal);
    else if (signal.link === this.connection?.link) this.connection.heard(signal);
  }

  /** Whether the worker hears the partner directly. */
  direct(up: boolean): void {
    this.isHeard = up;
    this.happened(up && this.known !== "disconnected" ? "heard" : "silent");
  }

  /** The worker's channels are. */
  closed(link: string): void {
    if (link === this.connection?.link) this.lost();
  }

  /** A frame of the worker for channels that could not be handed over. */
  send(frame: Frame): void {
    this.connection?.send(frame);
  }

  /** What was said while there was no socket is said again. */
  linkedAgain(): void {
    if (this.state === "up" || this.state === "resting" || this.state === "closed") return;
    if (this.connection !== null) this.connection.repeat();
    else this.ask();
  }

  rest(): void {
    if (this.state === "closed") return;
    this.repairs.end("given_up");
    this.enter("resting");
  }

  close(): void {
    this.happened("closed");
  }

  private happened(happening: Happening): void {
    const next = TABLE[this.state][happening];
    if (next === undefined) return;
    const result = RESULTS[happening];
    if (result !== undefined) this.repairs.end(result);
    this.cause = this.causeOf(happening);
    this.enter(next);
  }

  /** Of an attempt that follows. */
  private causeOf(happening: Happening): string {
    if (happening === "failed") return this.known === "closed" ? "closed" : "failed";
    return happening === "late" ? (LATE[this.state] ?? "retry") : happening;
  }

  private enter(state: State): void {
    this.cancel();
    this.state = state;
    switch (state) {
      case "waiting":
        return this.wait(OFFERED_MS);
      case "attempting":
        return this.attempt();
      case "pausing":
        return this.wait(this.pause());
      case "up":
        this.attempts = 0;
        this.stood = this.canRestart = true;
        return;
      case "shaky":
        return this.wait(this.offers ? SHAKY_MS : PATIENT_MS);
      case "resting":
        return;
      case "closed":
        return this.connection?.close();
    }
  }

  private wait(ms: number): void {
    this.cancel = this.tools.clock.after(ms, () => this.happened("late"));
  }

  private pause(): number {
    return backoff(this.attempts, PAUSE_FIRST_MS, PAUSE_MOST_MS);
  }

  /** New ways for a connection that stood, which keeps its channels; if that did not help, a new one. */
  private attempt(): void {
    this.wait(ATTEMPT_MS + this.pause());
    this.attemptedAt = this.tools.clock.now();
    this.attempts += 1;
    if (!this.offers) return this.ask();
    if (this.canRestart) {
      this.canRestart = false;
      this.repairs.begin("ice_restart", this.cause);
      this.connection?.propose(true);
    } else if (this.renew(randomName())) {
      this.repairs.begin("new_connection", this.cause);
      this.connection?.propose(false);
    }
  }

  private ask(): void {
    if (!this.offers) this.signal("", "ask", "");
  }

  /** The partner knows of no offer, or of no way to repair what there is: it may be a new page. */
  private asked(): void {
    if (!this.offers) return;
    if (this.connection?.isUnanswered) return this.connection.repeat();
    if (this.tools.clock.now() - this.attemptedAt < YOUNG_MS) return;
    this.canRestart = false;
    this.happened("asked");
  }

  /** Under the same name it is about new ways; else about a new connection, unless it comes late. */
  private offered(signal: Signal): void {
    if (this.offers || this.gone.includes(signal.link)) return;
    if (signal.link !== this.connection?.link) {
      if (!this.renew(signal.link)) return;
      this.repairs.begin("new_connection", "offered");
      this.happened("offered");
    } else if (this.state !== "up" && this.stood) this.repairs.begin("ice_restart", "offered");
    this.connection?.heard(signal);
  }

  /** Puts a new one in the place of a connection. If that one stood, and the worker never heard a thing, channels may
   *  get lost on their way to the worker. */
  private renew(link: string): boolean {
    const rtc = this.tools.create();
    if (rtc === null) return false;
    this.keeps ||= this.known === "connected" && !this.stood;
    this.drop();
    this.stood = this.canRestart = this.isHeard = false;
    this.known = "new";
    this.connection = this.connectionOf(link, rtc);
    return true;
  }

  private drop(): void {
    if (this.connection === null) return;
    const { link } = this.connection;
    this.connection.close();
    this.gone.push(link);
    this.gone.splice(0, this.gone.length - MOST_GONE);
    this.unlink(link);
  }

  private unlink(link: string): void {
    this.tools.toWorker({ type: "unlinked", run: this.tools.run, peer: this.peer, link }, []);
  }

  private connectionOf(link: string, rtc: RTCPeerConnection): DirectConnection {
    const { peer, tools } = this;
    const about = { run: tools.run, peer };
    return new DirectConnection(link, rtc, {
      clock: tools.clock,
      keeps: this.keeps,
      refused: tools.refused,
      iceError: tools.iceError,
      say: (name, what, data) => this.signal(name, what, data),
      changed: () => this.judge(),
      described: (text) => tools.toWorker({ type: "connection", ...about, text }, []),
      hand: (channels, transfer) => tools.toWorker({ type: "channels", ...about, link, channels }, transfer),
      arrived: (frame) => tools.toWorker({ type: "arrived", ...about, frame }, [frame.buffer]),
      closed: () => this.lost(),
    });
  }

  /** The connection changed. That it stands says little: the worker has to hear something. */
  private judge(): void {
    const state = this.connection?.state ?? "new";
    if (state === this.known) return;
    this.known = state;
    if (state === "closed") this.lost();
    else if (state === "failed") this.failed();
    else if (state === "disconnected") this.happened("silent");
    else if (state === "connected" && this.isHeard) this.happened("heard");
  }

  /** Of what stood once, the one who offers tries to repair it first; what never did the worker need not wait for. */
  private failed(): void {
    if (this.stood && !this.offers) return this.happened("silent");
    if (!this.stood && this.connection !== null) this.unlink(this.connection.link);
    this.happened("failed");
  }

  /** It is gone for good. */
  private lost(): void {
    this.stood = this.canRestart = this.isHeard = false;
    this.known = "closed";
    this.failed();
  }

  private signal(link: string, what: Signal["what"], data: string): void {
    if (this.state === "resting") return;
    this.tools.signal({ session_id: this.match.session_id, peer: this.peer, link, what, data });
  }
}
