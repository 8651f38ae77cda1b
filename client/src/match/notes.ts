/** What the players are told about the lines between them, as one function of what has happened. */

import type { MatchEvent } from "../worker/messages";

const FAREWELL_MS = 5_000; // how long it is said that somebody has left

export interface Said {
  title: string | null; // over the picture, which stands; null: nothing
  text: string;
  note: string; // beside the picture, which goes on; "": nothing
}

export class Notes {
  private readonly silent = new Set<number>();
  private readonly cut = new Set<number>();
  private held = false;
  private away = false;
  private farewellUntil = -Infinity;

  constructor(
    private readonly me: number,
    private readonly partners: number,
  ) {}

  /** Nobody of those who are still in the game is silent. */
  get healthy(): boolean {
    return this.silent.size === 0;
  }

  /** Whether this peer itself was taken out of the game. */
  get isAway(): boolean {
    return this.away;
  }

  happened(event: MatchEvent, now: number): void {
    switch (event.type) {
      case "interrupted":
        return void this.silent.add(event.peer);
      case "resumed":
        return void this.silent.delete(event.peer);
      case "held":
        return void (this.held = true);
      case "unheld":
        return void (this.held = false);
      case "away":
        return void (this.away = true);
      case "cut":
        return this.left(event.peer, now);
      case "returned":
        return this.returned(event.peer);
    }
  }

  /** The farewell fades: ask again later. */
  said(now: number): Said {
    if (this.away) return veil("You were disconnected", "Coming back into the game …");
    if (this.held) return veil("The game waits", `The connection to ${this.who(this.silent.size)} is interrupted.`);
    if (this.silent.size > 0) return note(`The connection to ${this.who(this.silent.size)} is unstable …`);
    if (now < this.farewellUntil) return note(this.farewell());
    return note("");
  }

  private left(peer: number, now: number): void {
    this.silent.delete(peer);
    this.cut.add(peer);
    this.farewellUntil = now + FAREWELL_MS;
  }

  private returned(peer: number): void {
    this.cut.delete(peer);
    if (peer === this.me) this.away = false;
  }

  private farewell(): string {
    const have = this.partners > 1 && this.cut.size > 1 ? "have" : "has";
    return `${capital(this.who(this.cut.size))} ${have} left; the game goes on.`;
  }

  private who(count: number): string {
    if (this.partners === 1) return "your partner";
    return count > 1 ? "some of your partners" : "one of your partners";
  }
}

function veil(title: string, text: string): Said {
  return { title, text, note: "" };
}

function note(text: string): Said {
  return { title: null, text: "", note: text };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
