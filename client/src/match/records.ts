/** What one side of a match leaves behind: its episodes, and its links. */

import { framePath, type SampledPress } from "../latency";
import type { Item, LinkRow, Links, Match } from "../protocol.gen";
import { EpisodeRecorder, type Ending } from "../recorder";
import type { Screen } from "../screen";
import type { MatchFrame, Move } from "../worker/messages";

const LINKS_EVERY = 10; // seconds of links make an item

type Session = Pick<Match, "session_id" | "generation">;

export class MatchRecords {
  private readonly episodes = new Map<number, EpisodeRecorder>();
  private readonly ended = new Set<number>();
  private presses: SampledPress[] = []; // those whose frame has not come yet
  private rows: LinkRow[] = [];
  private seconds = 0;
  private linkItems = 0;

  constructor(
    private readonly session: Session,
    private readonly fps: number,
    private readonly put: (items: Item[]) => Promise<void>,
  ) {}

  /** The episode began at this moment, from which its times are counted. */
  started(episode: number, at: number): void {
    if (this.episodes.has(episode)) return;
    this.episodes.set(episode, this.recorder(episode, at));
    this.presses = []; // what was pressed for frames that never came has done nothing
  }

  /** Keeps what the packet brings, and follows its frame to the screen. Call it before the packet is shown. */
  moved(packet: MatchFrame, move: Move, arrived: number, screen: Screen): void {
    const { episode, acts } = packet;
    if (acts !== null) this.pressed(move, episode, acts);
    if (packet.ticked && packet.frame >= 0) {
      const path = framePath(packet, move, arrived, this.takePresses(packet.frame));
      screen.follow(path, episode, this.of(episode, move.due));
    }
    for (const recorded of new Set(packet.chunks.map((head) => head.episode))) this.chunks(recorded, packet, move);
  }

  /** Keeps what comes when nobody looks any more: the rest of the frames, and how the episode ends. */
  left(packet: MatchFrame, move: Move): void {
    for (const recorded of new Set(packet.chunks.map((head) => head.episode))) this.chunks(recorded, packet, move);
    for (const event of packet.events) if (event.type === "episode_ended") this.end(event.episode, event.end, move.due);
  }

  end(episode: number, ending: Ending, now: number): void {
    this.of(episode, now).end(ending);
    this.ended.add(episode);
  }

  links(rows: LinkRow[]): void {
    this.rows.push(...rows);
    this.seconds += 1;
    if (this.seconds >= LINKS_EVERY) this.putLinks();
  }

  /** Nothing more comes: what is left is put away. */
  close(): void {
    this.putLinks();
    for (const [episode, recorder] of this.episodes) if (!this.ended.has(episode)) recorder.abandon();
  }

  /** Whoever comes back in the middle of an episode has not seen it begin: its times count from where they came in. */
  private of(episode: number, now: number): EpisodeRecorder {
    this.started(episode, now);
    return this.episodes.get(episode) as EpisodeRecorder;
  }

  private recorder(episode: number, origin: number): EpisodeRecorder {
    const { session_id, generation } = this.session;
    return new EpisodeRecorder({ session_id, generation, episode }, this.fps, origin, this.put);
  }

  private pressed({ presses, sampled, due }: Move, episode: number, acts: number): void {
    this.started(episode, due); // the first of an episode come after those of the last one are forgotten
    this.presses.push(...presses.map((press) => ({ ...press, sampled, acts })));
  }

  private takePresses(frame: number): SampledPress[] {
    const taken = this.presses.filter((press) => press.acts <= frame);
    this.presses = this.presses.filter((press) => press.acts > frame);
    return taken;
  }

  private chunks(episode: number, packet: MatchFrame, move: Move): void {
    const positions = packet.chunks.flatMap((head, position) => (head.episode === episode ? [position] : []));
    const heads = positions.map((position) => packet.chunks[position]).filter((head) => head !== undefined);
    const bytes = positions.map((position) => move.chunks[position] ?? new Uint8Array());
    this.of(episode, move.due).chunks(heads, bytes);
  }

  /** Puts away what is known of the links so far. */
  putLinks(): void {
    const { session_id, generation } = this.session;
    if (this.rows.length === 0) return;
    const item: Links = { kind: "links", session_id, generation, index: this.linkItems, rows: this.rows };
    void this.put([item]);
    this.linkItems += 1;
    [this.rows, this.seconds] = [[], 0];
  }
}
