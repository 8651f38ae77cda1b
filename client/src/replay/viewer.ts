/** The viewer: what is chosen, loaded, played, shown and saved. */

import type { preloadAssets } from "../assets";
import { loadingState } from "../loading";
import type { createRenderer } from "../renderer";
import { DataTable } from "./data";
import type { Found, Shown } from "./messages";
import { ReplayPage, type Commands } from "./page";
import { next, Playback } from "./playback";
import { Reel, ReplayFailed, type ReplayWorker } from "./reel";
import { Film, save, Sheet } from "./sheet";
import {
  bytesOf,
  jobOf,
  rollbacksOf,
  type EpisodeLine,
  type EpisodeRecord,
  type SessionLine,
  type SessionRecord,
  type StudyApi,
} from "./study";
import { Views } from "./views";
import { zip, type ZipEntry } from "./zip";

export interface ViewerTools {
  api: StudyApi;
  startWorker(): ReplayWorker;
  createRenderer: typeof createRenderer;
  loadPictures(assets: Parameters<typeof preloadAssets>[0]): ReturnType<typeof preloadAssets>;
  now(): number; // ms
  nextFrame(action: () => void): void; // requestAnimationFrame
}

/** The session that is open. */
interface Open {
  line: SessionLine;
  record: SessionRecord;
  agents: string[];
  reel: Reel;
  views: Views;
}

/** The episode of it that can be looked at. */
interface Running {
  number: number;
  episode: EpisodeRecord;
  found: Found;
  last: number;
  playback: Playback;
  rollbacks: number[];
  shown: Shown | null;
}

export class Viewer implements Commands {
  readonly page: ReplayPage;
  private readonly table = new DataTable();
  private sessions: SessionLine[] = [];
  private opened: Open | null = null;
  private running: Running | null = null;
  private wish = 0; // whoever chooses something else wants nothing more of what was chosen before
  private isDrawing = false;
  private withPlayers = true;
  private isSaving = false;

  constructor(
    study: string,
    private readonly tools: ViewerTools,
  ) {
    this.page = new ReplayPage(study, this);
    this.page.below.append(this.table.element);
  }

  /** Lists the study's sessions, and opens this one, or the first. */
  async start(session: string | null): Promise<void> {
    await this.tried(this.wish, async () => {
      this.page.loading("Reading the study …", null);
      this.sessions = await this.tools.api.sessions();
      this.page.list(this.sessions);
    });
    const first = this.sessions.find(({ id }) => id === session) ?? this.sessions[0];
    if (first !== undefined) this.session(first.id);
  }

  session(id: string): void {
    const line = this.sessions.find((one) => one.id === id);
    const first = line?.episodes[0];
    if (line !== undefined && first !== undefined) void this.openEpisode(line, first);
  }

  episode(number: number): void {
    const line = this.opened?.line;
    const chosen = line?.episodes.find((one) => one.number === number);
    if (line !== undefined && chosen !== undefined) void this.openEpisode(line, chosen);
  }

  toggle(): void {
    this.move((playback, now) => playback.toggle(now));
  }

  step(frames: number): void {
    this.move((playback, now) => playback.step(frames, now));
  }

  seek(frame: number): void {
    const last = this.running?.last ?? 0;
    this.move((playback, now) => playback.seek(Math.min(frame, last), now));
  }

  speed(rate: number): void {
    this.move((playback, now) => playback.setSpeed(rate, now));
  }

  rollback(direction: 1 | -1): void {
    const { running } = this;
    if (running === null) return;
    const target = next(running.rollbacks, running.playback.frame(this.tools.now()), direction);
    if (target !== null) this.move((playback, now) => (playback.pause(now), playback.seek(target, now)));
  }

  players(shown: boolean): void {
    this.withPlayers = shown;
    this.opened?.views.only(!shown);
    if (this.running !== null) this.running.shown = null;
    this.draw();
  }

  savePicture(): void {
    void this.saved(async (running, sheet) => {
      const frame = running.playback.frame(this.tools.now());
      await this.put(sheet, running, frame);
      save(await sheet.png(), `${this.name(running)}_${fileFrame(frame)}.png`);
    });
  }

  saveFrames(): void {
    void this.saved(async (running, sheet) => {
      const files: ZipEntry[] = [];
      for (let frame = running.playback.frame(this.tools.now()); frame <= running.last && this.isSaving; frame += 1) {
        this.page.saving(`saving frame ${frame} of ${running.last}`);
        await this.put(sheet, running, frame);
        const data = new Uint8Array(await (await sheet.png()).arrayBuffer());
        files.push({ name: `${fileFrame(frame)}.png`, data });
      }
      save(zip(files), `${this.name(running)}_frames.zip`);
    });
  }

  saveVideo(): void {
    void this.saved(async (running, sheet) => {
      const first = running.playback.frame(this.tools.now());
      await this.put(sheet, running, first); // the film is of its size
      const film = new Film(sheet.canvas);
      const began = this.tools.now();
      const due = (frame: number): number => began + (1000 * (frame - first)) / (this.fps * running.playback.speed);
      for (let frame = first; frame <= running.last && this.isSaving; frame += 1) {
        this.page.saving(`filming frame ${frame} of ${running.last}`);
        await this.until(due(frame));
        await this.put(sheet, running, frame);
      }
      await this.until(due(running.last + 1));
      save(await film.end(), `${this.name(running)}.${film.suffix}`);
    });
  }

  stopSaving(): void {
    this.isSaving = false;
  }

  private get fps(): number {
    return this.opened?.record.game.fps ?? 1;
  }

  private async openEpisode(line: SessionLine, chosen: EpisodeLine): Promise<void> {
    const wish = ++this.wish;
    this.running = null;
    this.page.enable(false);
    this.page.open(line, chosen);
    await this.tried(wish, async () => {
      const open = this.opened?.line === line ? this.opened : await this.openSession(wish, line);
      const episode = await this.tools.api.episode(line.id, chosen.number);
      if (wish !== this.wish) return;
      const found = await open.reel.open(jobOf(open.record, chosen.number, episode), episode.chunks.map(bytesOf));
      if (wish !== this.wish) return;
      const rollbacks = rollbacksOf(episode).filter((frame) => frame <= found.last);
      const { fps } = open.record.game;
      const playback = new Playback(found.last, fps);
      this.running = { number: chosen.number, episode, found, last: found.last, playback, rollbacks, shown: null };
      this.page.range(found.last, fps, rollbacks);
      this.tellFound(found);
      this.page.enable(true);
      this.draw();
    });
  }

  private async openSession(wish: number, line: SessionLine): Promise<Open> {
    this.close();
    const { api } = this.tools;
    this.page.loading("Reading the session …", null);
    const [record, program] = await Promise.all([api.session(line.id), api.program()]);
    const isWanted = (): boolean => wish === this.wish;
    const reel = new Reel(this.tools.startWorker(), this.listener(isWanted), record.source, program);
    const agents = Object.keys(record.game.policies);
    const players = line.players.map(({ agent }) => agent);
    const pictures = await this.tools.loadPictures(record.game.assets);
    const { createRenderer } = this.tools;
    const views = await Views.open(this.page.stage, players, { game: record.game, pictures, createRenderer });
    views.only(!this.withPlayers);
    const open = { line, record, agents, reel, views };
    if (isWanted()) this.opened = open;
    else reel.close();
    return open;
  }

  private listener(isWanted: () => boolean): ConstructorParameters<typeof Reel>[1] {
    return {
      progress: (progress) => {
        const { label, part } = loadingState(progress, { received: 0, total: 0 });
        if (isWanted()) this.page.loading(label, part);
      },
      checked: ({ frame, frames }) => {
        if (this.running === null) this.page.loading(`Playing it again: frame ${frame + 1} of ${frames}`, (frame + 1) / frames);
      },
    };
  }

  private close(): void {
    this.opened?.reel.close();
    this.opened?.views.close();
    this.opened = null;
  }

  private move(action: (playback: Playback, now: number) => void): void {
    if (this.running === null || this.isSaving) return;
    action(this.running.playback, this.tools.now());
    this.draw();
  }

  /** Shows where the playback is, again and again while it plays; one frame is asked for at a time. */
  private draw(): void {
    if (this.isDrawing) return;
    this.isDrawing = true;
    void this.tried(this.wish, () => this.drawn()).finally(() => (this.isDrawing = false));
  }

  private async drawn(): Promise<void> {
    for (;;) {
      const { running } = this;
      if (running === null || this.isSaving) return;
      const frame = running.playback.frame(this.tools.now());
      this.page.at(frame, running.playback.playing);
      if (running.shown?.frame !== frame) await this.show(running, frame);
      else if (!running.playback.playing) return;
      else await new Promise<void>((resolve) => this.tools.nextFrame(resolve));
    }
  }

  private async show(running: Running, frame: number): Promise<void> {
    const { opened } = this;
    if (opened === null) return;
    const withPlayers = this.withPlayers;
    const picture = await opened.reel.show(frame, withPlayers);
    if (running !== this.running) return;
    opened.views.show(picture);
    if (running.found.savable && !picture.shown.savable) this.tellFound((running.found = { ...running.found, savable: false }));
    if (withPlayers === this.withPlayers) running.shown = picture.shown;
    this.table.show(opened.agents, picture.shown, running.episode);
  }

  private tellFound(found: Found): void {
    this.page.found(found, (frame) => this.seek(frame));
  }

  private async put(sheet: Sheet, running: Running, frame: number): Promise<void> {
    await this.show(running, frame);
    await this.opened?.views.painted();
    const { number } = running;
    const place = frame < 0 ? "reset" : `frame ${frame}`;
    sheet.draw(this.opened?.views.paintings() ?? [], `${this.opened?.line.id ?? ""} · episode ${number} · ${place}`);
  }

  private async saved(action: (running: Running, sheet: Sheet) => Promise<void>): Promise<void> {
    const { running } = this;
    if (running === null || this.isSaving) return;
    running.playback.pause(this.tools.now());
    this.isSaving = true;
    this.page.saving("saving …");
    await this.tried(this.wish, () => action(running, new Sheet()));
    this.isSaving = false;
    this.page.saving(null);
    running.shown = null; // and back to where one was
    this.draw();
  }

  private name({ number }: Running): string {
    return `${this.opened?.line.id ?? "session"}_ep${number}`;
  }

  private until(time: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, Math.max(0, time - this.tools.now())));
  }

  private async tried(wish: number, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (wish !== this.wish) return;
      this.running = null;
      this.close();
      this.page.enable(false);
      const problem = error instanceof Error ? error.message : String(error);
      this.page.failed(problem, error instanceof ReplayFailed ? error.detail : "");
    }
  }
}

/** In the order of their names, files are in the order of frames: reset, 000000, 000001, ... */
function fileFrame(frame: number): string {
  return frame < 0 ? "000000_reset" : `frame_${String(frame).padStart(6, "0")}`;
}
