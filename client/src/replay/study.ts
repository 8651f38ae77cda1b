/** What the viewer's server knows of the study. */

import type { Game } from "../protocol.gen";
import type { RuntimeSource } from "../worker/messages";

export interface SessionLine {
  id: string;
  scene: string;
  began: string; // ISO 8601
  end_reason: string | null;
  players: { agent: string; participant: string }[];
  episodes: EpisodeLine[];
}

export interface EpisodeLine {
  number: number;
  frames: number; // of one that is not complete: as far as its record goes
  end_reason: string | null; // null: it is not complete
  parity: string | null;
}

export interface SessionRecord {
  seed: number;
  game: Game;
  source: RuntimeSource & { version: string };
}

/** One value per tick, in the order of `frame`. */
export interface Experience {
  frame: number[];
  predicted: number[];
  rollback: number[];
  rollback_ms: number[];
  late_ms: number[];
  step_ms: number[];
  keys: Record<string, string[]>; // frame -> the keys that acted first in it
}

export interface EpisodeRecord {
  frames: number;
  end_reason: string | null;
  chunks: string[]; // base64
  players: Record<string, Experience>;
}

export class StudyApi {
  constructor(private readonly fetch: (url: string) => Promise<Response>) {}

  sessions(): Promise<SessionLine[]> {
    return this.json("/api/sessions");
  }

  session(id: string): Promise<SessionRecord> {
    return this.json(`/api/sessions/${encodeURIComponent(id)}`);
  }

  episode(session: string, number: number): Promise<EpisodeRecord> {
    return this.json(`/api/sessions/${encodeURIComponent(session)}/episodes/${number}`);
  }

  async program(): Promise<string> {
    return (await this.fetch("/program.py")).text();
  }

  /** Throws an Error with what the server says. */
  private async json<T>(url: string): Promise<T> {
    const response = await this.fetch(url);
    const said: unknown = await response.json();
    if (response.ok) return said as T;
    throw new Error((said as { problem?: string }).problem ?? `The viewer's server answered with ${response.status}.`);
  }
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** What replay_episode.py needs to know of an episode. */
export function jobOf(session: SessionRecord, number: number, episode: EpisodeRecord): string {
  const { game, seed } = session;
  const players = Object.entries(episode.players).map(([agent, felt]) => [agent, aheadOf(felt)]);
  return JSON.stringify({ game, seed, episode: number, frames: episode.frames, predicted: Object.fromEntries(players) });
}

function aheadOf({ frame, predicted }: Experience): Record<string, number> {
  const some = frame.flatMap((number, at) => (predicted[at] ? [[number, predicted[at]]] : []));
  return Object.fromEntries(some) as Record<string, number>;
}

/** The frames before which somebody played earlier ones again, ascending. */
export function rollbacksOf(episode: EpisodeRecord): number[] {
  const frames = new Set<number>();
  for (const { frame, rollback } of Object.values(episode.players)) {
    frame.forEach((number, at) => (rollback[at] ?? 0) > 0 && frames.add(number));
  }
  return [...frames].sort((one, other) => one - other);
}

/** What a player's machine did in a frame, for people; null: nothing is known of it. */
export function feltIn(felt: Experience, frame: number): Felt | null {
  const at = felt.frame.indexOf(frame);
  if (at < 0) return null;
  const value = (column: number[]): number => column[at] ?? 0;
  return {
    predicted: value(felt.predicted),
    rollback: value(felt.rollback),
    rollbackMs: value(felt.rollback_ms),
    lateMs: value(felt.late_ms),
    stepMs: value(felt.step_ms),
    keys: felt.keys[String(frame)] ?? [],
  };
}

export interface Felt {
  predicted: number;
  rollback: number;
  rollbackMs: number;
  lateMs: number;
  stepMs: number;
  keys: string[];
}
