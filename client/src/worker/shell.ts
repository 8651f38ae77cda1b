/** The worker's side of the conversation: loads Python once, and holds one open game at a time; and perhaps the last one,
 *  of which partners may still want to know something. */

import type { Clock } from "../clock";
import type { Game } from "../protocol.gen";
import { DownloadError } from "./download";
import { MatchPlayer, type NetGame } from "./match";
import type { FailureStage, FromWorker, LoadProgress, RuntimeSource, ToWorker, WorkerFailure } from "./messages";
import { Player, type Play, type Post } from "./player";
import type { Hop } from "./wakeup";

/** A Python that is ready to open games. */
export interface Python {
  open(game: string, session: string): Play;
  /** How many times faster than it is played the game can be played here; null: that could not be measured. */
  prepare(game: string): number | null;
  match(game: string, match: string, chunks: Uint8Array[]): NetGame;
}

export type LoadPython = (source: RuntimeSource, report: (progress: LoadProgress) => void) => Promise<Python>;

export class Shell {
  private python: Python | null = null;
  private player: Player | MatchPlayer | null = null;
  private retired: MatchPlayer | null = null;
  private wanted: Extract<ToWorker, { type: "prepare" }> | null = null; // until Python is there

  constructor(
    private readonly load: LoadPython,
    private readonly post: Post,
    private readonly clock: Clock,
    private readonly origin: number,
    private readonly hop: Hop,
  ) {}

  handle(message: ToWorker): void {
    switch (message.type) {
      case "load":
        return void this.start(message.source);
      case "open":
        return this.guarded(message.run, "import", () => this.open(message.run, message.game, message.session));
      case "begin":
        return this.alone(message.run, "reset", (player) => player.begin(message.episode, message.chunks));
      case "play":
        return this.alone(message.run, "step", (player) => player.start(message.fps));
      case "prepare":
        this.wanted = message;
        return this.prepare();
      case "match":
        return this.guarded(message.run, "import", () => this.match(message));
      case "meet":
        return this.together(message.run, (player) => player.meet());
      case "ready":
        return this.together(message.run, (player) => player.ready());
      case "channels":
      case "unlinked":
      case "arrived":
      case "relayed":
      case "connection":
        return this.together(message.run, (player) => player.link(message));
      case "retire":
        return this.together(message.run, (player) => this.retire(player));
      case "leave":
        return this.together(message.run, (player) => this.leave(player));
      case "input":
        return this.player?.input(message);
      case "close":
        return this.close();
    }
  }

  /** Something failed that nobody waited for. */
  crashed(error: unknown): void {
    this.tell({ type: "failed", run: null, failure: failureOf("worker", error) });
  }

  private async start(source: RuntimeSource): Promise<void> {
    const started = this.clock.now();
    try {
      this.python = await this.load(source, (progress) => this.tell({ type: "progress", progress }));
      this.tell({ type: "loaded", ms: this.clock.now() - started });
      this.prepare();
    } catch (error) {
      this.tell({ type: "failed", run: null, failure: failureOf("runtime", error) });
    }
  }

  /** The page goes on meanwhile. */
  private prepare(): void {
    const { python, wanted } = this;
    if (python === null || wanted === null) return;
    this.wanted = null;
    const { run, game } = wanted;
    this.guarded(run, "import", () => this.tell({ type: "measured", run, speed: python.prepare(game) }));
  }

  private open(run: number, game: string, session: string): void {
    this.close();
    if (this.python === null) throw new Error("A game was opened before Python was loaded.");
    const play = this.python.open(game, session);
    this.player = new Player(run, play, (message, transfer) => this.post(message, transfer), this.clock, this.origin);
    this.tell({ type: "opened", run });
  }

  private match({ run, game, match, chunks, impairment }: Extract<ToWorker, { type: "match" }>): void {
    this.close();
    if (this.python === null) throw new Error("A match was opened before Python was loaded.");
    const netGame = this.python.match(game, JSON.stringify(match), chunks);
    const { post, clock, origin, hop } = this;
    const tools = { post, clock, origin, hop };
    this.player = new MatchPlayer(run, netGame, match, JSON.parse(game) as Game, impairment, tools);
    this.tell({ type: "made", run });
  }

  private alone(run: number, stage: FailureStage, action: (player: Player) => void): void {
    const { player } = this;
    if (player instanceof Player && player.run === run) this.guarded(run, stage, () => action(player));
  }

  private together(run: number, action: (player: MatchPlayer) => void): void {
    const player = [this.player, this.retired].find((one) => one?.run === run);
    if (player instanceof MatchPlayer) this.guarded(run, "step", () => action(player));
  }

  private retire(player: MatchPlayer): void {
    if (player !== this.player) return;
    this.forget();
    [this.player, this.retired] = [null, player];
    player.retire(() => this.forget());
  }

  private leave(player: MatchPlayer): void {
    if (player !== this.player) return;
    try {
      player.leave();
    } finally {
      this.close();
      this.tell({ type: "forgotten", run: player.run });
    }
  }

  private forget(): void {
    if (this.retired === null) return;
    const { run } = this.retired;
    this.retired.close();
    this.retired = null;
    this.tell({ type: "forgotten", run });
  }

  /** Python answers its own failures as packets; what it throws regardless must not leave the page waiting. */
  private guarded(run: number, stage: FailureStage, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.tell({ type: "failed", run, failure: failureOf(stage, error) });
    }
  }

  private close(): void {
    this.player?.close();
    this.player = null;
  }

  private tell(message: FromWorker): void {
    this.post(message, []);
  }
}

function failureOf(stage: FailureStage, error: unknown): WorkerFailure {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const problem =
    error instanceof DownloadError ? error.message : lastLine(error instanceof Error ? error.message : detail);
  return { stage, problem, detail };
}

/** Of a Python traceback, the line that says what happened. */
function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? text;
}
