/** Waiting for partners: tells the server so, after each reconnection again, and the participant how it stands. */

import { isRefusal } from "../api";
import { backoff, type Clock } from "../clock";
import type { MatchWire } from "../connection";
import type { GymView } from "../pages/gym";
import type { Enlist, Refusal, Room } from "../protocol.gen";
import type { Call } from "./call";

const UPDATE_MS = 1_000;
const AGAIN_FIRST_MS = 1_000;
const AGAIN_MOST_MS = 10_000;

export interface RoomTools {
  wire: Pick<MatchWire, "connected" | "enlist">;
  view: Pick<GymView, "waiting">;
  call: Pick<Call, "offer"> | null;
  clock: Clock;
  /** The page has another archive than the server. */
  outdated(refusal: Refusal): void;
}

export class WaitingRoom {
  speed: number | null = null; // of this machine, for the server
  private room: Room | null = null;
  private since = 0; // when the server said that
  private text = "";
  private isOpen = false;
  private asked = 0; // names the newest request: the answers to older ones mean nothing
  private failures = 0;
  private cancelUpdate: () => void = () => undefined;
  private cancelAgain: () => void = () => undefined;

  constructor(
    private readonly body: Omit<Enlist, "speed">,
    private readonly tools: RoomTools,
  ) {}

  /** Shows the room, with a word on how it came to that. A server that knows of us already has said how it stands. */
  open(text = "", room: Room | null = null): void {
    this.isOpen = true;
    this.text = text;
    this.room = room;
    this.since = this.tools.clock.now();
    this.show();
    if (room === null) this.enlist();
  }

  close(): void {
    this.isOpen = false;
    this.asked += 1;
    this.cancelUpdate();
    this.cancelAgain();
  }

  /** The server says how it stands. */
  changed(room: Room): void {
    if (!this.isOpen) return;
    this.room = room;
    this.since = this.tools.clock.now();
    this.show();
  }

  /** The socket is back, and the server waits to be told who is here. */
  linked(): void {
    if (this.isOpen) this.enlist();
  }

  private enlist(): void {
    this.cancelAgain();
    const asked = (this.asked += 1);
    void this.tools.wire.enlist({ ...this.body, speed: this.speed }).then((answer) => {
      if (asked === this.asked) this.answered(answer);
    });
  }

  /** Without an answer, and without a connection, the next connection asks again. */
  private answered(answer: Room | Refusal | null): void {
    if (answer !== null && !isRefusal(answer)) {
      this.failures = 0;
      return this.changed(answer);
    }
    if (answer?.reason === "wrong_archive") return this.tools.outdated(answer);
    const later = backoff(this.failures, AGAIN_FIRST_MS, AGAIN_MOST_MS);
    this.failures += 1;
    if (this.tools.wire.connected) this.cancelAgain = this.tools.clock.after(later, () => this.enlist());
  }

  private show(): void {
    const gone = (this.tools.clock.now() - this.since) / 1000;
    const { room, text } = this;
    if (room === null) this.tools.view.waiting(null);
    else {
      const { waiting, group, waited_s, left_s, note = "" } = room;
      const offer = this.tools.call?.offer ?? null;
      const times = { waitedS: waited_s + gone, leftS: left_s - gone };
      this.tools.view.waiting({ waiting, group, ...times, note, text, offer });
    }
    this.cancelUpdate();
    this.cancelUpdate = this.tools.clock.after(UPDATE_MS, () => this.show());
  }
}
