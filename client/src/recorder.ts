/** What one episode leaves behind, as items for the outbox. */

import { toBase64 } from "./bytes";
import { PathLog, type Second } from "./latency";
import type { Chunk, EpisodeEnd, Experience, Item } from "./protocol.gen";
import type { ChunkHead } from "./worker/messages";

/** Which play of which episode: another reload plays it on as another generation. */
export interface EpisodeKey {
  session_id: string;
  episode: number;
  generation: number;
}

/** How an episode ended. */
export type Ending = Pick<EpisodeEnd, "frames" | "end_reason" | "statistics">;

export class EpisodeRecorder {
  readonly paths: PathLog;

  constructor(
    private readonly key: EpisodeKey,
    fps: number,
    origin: number,
    private readonly put: (items: Item[]) => Promise<void>,
  ) {
    this.paths = new PathLog(fps, origin);
  }

  /** Frames are written down at once; what they felt like a second later, when they have been painted. */
  chunks(heads: ChunkHead[], bytes: Uint8Array[]): void {
    if (heads.length === 0) return;
    const chunks = heads.map((head, position) => this.chunk(head, bytes[position] ?? new Uint8Array()));
    const latest = Math.max(...heads.map((head) => head.index));
    void this.put([...chunks, ...this.experiences(this.paths.takeBefore(latest))]);
  }

  end(ending: Ending): void {
    const end: EpisodeEnd = { kind: "episode_end", ...this.key, ...ending };
    void this.put([...this.experiences(this.paths.takeBefore(Infinity)), end]);
  }

  /** The episode goes no further here: what is known of its last second is kept. */
  abandon(): void {
    const experiences = this.experiences(this.paths.takeBefore(Infinity));
    if (experiences.length > 0) void this.put(experiences);
  }

  private chunk(head: ChunkHead, bytes: Uint8Array): Chunk {
    return { kind: "chunk", ...this.key, ...head, data: toBase64(bytes) };
  }

  private experiences(seconds: Second[]): Experience[] {
    return seconds.map((second) => ({ kind: "experience", ...this.key, ...second }));
  }
}
