/** The words for each state of a game whose players may be lost: friendly, short, and with the time that it takes. */

import type { RepairKind } from "../p2p/repairs";
import type { Multiplayer } from "../protocol.gen";

type Rules = Pick<Multiplayer, "group" | "on_leave">;

/** What is waited for, and for how long still. */
export interface Wait {
  left: number; // seconds; 0 when the time is over
  part: number; // of the whole time, 1..0
  text: string;
}

export interface Said {
  /** Names what is said, for whoever styles or tests it. */
  state: string;
  title: string | null; // in the place of the picture, and the game stands; null: nothing
  text: string;
  wait: Wait | null;
  note: string; // beside the picture, which goes on; "": nothing
}

/** From one absolute moment (ms) to another; null: nobody knows how long it takes. */
export function wait(since: number, until: number | null, now: number): Wait | null {
  if (until === null) return null;
  const left = Math.max(0, until - now);
  return { left: Math.ceil(left / 1000), part: left / Math.max(1, until - since), text: "" };
}

const REPAIRS: Record<RepairKind, string> = {
  ice_restart: "Looking for another way through the network …",
  new_connection: "Making a new connection …",
  relay: "Trying to go by our server …",
};

export const nothing: Said = said("", null, "");

export const catchingUp: Said = said("catching_up", "Catching up", "Your game is brought up to date. You play on in a moment.");

export const wasHidden: Said = said("was_hidden", "Welcome back", "The game waited for you. It goes on in a moment.");

export const resuming: Said = said("resuming", "The connection is back", "The game goes on in a moment.");

/** Nobody is heard, not even the server: most often it is the own connection. */
export function offline(wait: Wait | null): Said {
  const text = "Nobody can be reached. Please check your internet connection; the game goes on by itself.";
  return said("offline", "The connection is interrupted", text, trying(wait));
}

export function interrupted(who: string, wait: Wait | null, repair: RepairKind | null): Said {
  if (wait?.left === 0) {
    const text = `Finding out whether ${who} ${are(who)} still there …`;
    return said("deciding", `Waiting for ${who}`, text);
  }
  const tries = repair === null ? "Restoring it …" : REPAIRS[repair];
  const text = `The connection to ${who} is interrupted. ${tries}`;
  return said("silence", `Waiting for ${who}`, text, trying(wait));
}

export function absent(who: string, wait: Wait | null): Said {
  const text = `${capital(who)} lost the connection, or ${are(who)} loading the page again.`;
  return said("absence", `Waiting for ${who} to come back`, text, atMost(wait));
}

export function hidden(who: string, wait: Wait | null): Said {
  const text = "The game waits, and goes on as soon as they look at it again.";
  return said("hidden", `${capital(who)} ${are(who)} away from the game`, text, atMost(wait));
}

export function disconnected(wait: Wait | null): Said {
  return said("away", "You were disconnected", "Coming back into the game …", trying(wait));
}

export function unstable(who: string): Said {
  return note("unstable", `The connection to ${who} is unstable …`);
}

export function lost(who: string, isPlayed: boolean, left: number): Said {
  const [goesOn, they] = [isPlayed ? "A computer player takes over" : "The game goes on", "they may still come back"];
  return note("lost", `${capital(who)} lost the connection. ${goesOn}; ${they} (${left} s).`);
}

export function gone(who: string, isPlayed: boolean): Said {
  const goesOn = isPlayed ? "a computer player goes on" : "the game goes on";
  return note("gone", `${capital(who)} ${have(who)} left; ${goesOn}.`);
}

export function returned(partners: number): Said {
  return note("returned", partners === 1 ? "Your partner is back." : "One of your partners is back.");
}

/** Before an episode, or after the last one. */
export function between(title: string, text: string): Said {
  return said("", title, text);
}

/** What stands there while all that was played is sent to the server. */
export function saving(reason: string, rules: Rules | null): Said {
  return said(reason, endTitle(reason, rules), "What you have played is being saved …");
}

export function endTitle(reason: string, rules: Rules | null): string {
  if (reason === "excluded") return "The game is over for you"; // the server's own page on that is on its way
  if (reason === "connection_failed") return "The connection was lost";
  if (reason !== "partner_left" || rules === null) return "The game had to stop";
  if (rules.group === 2) return "Your partner has left the game";
  return rules.on_leave === "end" ? "One of your partners has left the game" : "Your partners have left the game";
}

function said(state: string, title: string | null, text: string, wait: Wait | null = null): Said {
  return { state, title, text, wait, note: "" };
}

function note(state: string, text: string): Said {
  return { ...said(state, null, ""), note: text };
}

function trying(wait: Wait | null): Wait | null {
  return timed(wait, "Trying for another");
}

function atMost(wait: Wait | null): Wait | null {
  return timed(wait, "For at most");
}

function timed(wait: Wait | null, words: string): Wait | null {
  return wait && { ...wait, text: wait.left > 0 ? `${words} ${seconds(wait.left)}` : "One moment, please …" };
}

function seconds(left: number): string {
  return left === 1 ? "1 second" : `${left} seconds`;
}

function are(who: string): string {
  return who.startsWith("some") ? "are" : "is";
}

function have(who: string): string {
  return who.startsWith("some") ? "have" : "has";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
