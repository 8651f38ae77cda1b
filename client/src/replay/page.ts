/** The elements of the viewer's page. No rules. */

import { el, setText } from "../pages/dom";
import type { Found } from "./messages";
import { differenceElement } from "./data";
import { FIRST, SPEEDS } from "./playback";
import type { EpisodeLine, SessionLine } from "./study";

export interface Commands {
  session(id: string): void;
  episode(number: number): void;
  toggle(): void;
  step(frames: number): void;
  seek(frame: number): void;
  speed(rate: number): void;
  rollback(direction: 1 | -1): void;
  players(shown: boolean): void;
  savePicture(): void;
  saveFrames(): void;
  saveVideo(): void;
  stopSaving(): void;
}

export class ReplayPage {
  readonly element: HTMLElement;
  readonly stage = el("div", { class: "stage" });
  readonly below = el("div");
  private readonly session = el("select", { "aria-label": "Session" });
  private readonly episode = el("select", { "aria-label": "Episode" });
  private readonly about = el("p", { class: "about" });
  private readonly status = el("div", { class: "status", role: "status" });
  private readonly bar = el("progress", { max: "1", "aria-label": "Loading", hidden: true });
  private readonly play = el("button", { type: "button", class: "play", title: "Space" }, "Play");
  private readonly seek = el("input", { type: "range", min: "-1", max: "0", value: "-1", "aria-label": "Frame" });
  private readonly marks = el("div", { class: "marks", "aria-hidden": "true" });
  private readonly place = el("output");
  private readonly speed = el("select", { "aria-label": "Speed" });
  private readonly rollbacks: HTMLButtonElement[];
  private readonly players = el("input", { type: "checkbox", checked: true });
  private readonly playersLabel = el("label", {}, this.players, " what players saw");
  private readonly stop = el("button", { type: "button", hidden: true }, "Stop");
  private readonly saves: HTMLButtonElement[];
  private readonly controls: HTMLFieldSetElement;
  private fps = 1;

  constructor(
    study: string,
    private readonly commands: Commands,
  ) {
    this.rollbacks = [
      labelled("◀ rollback", "p", () => commands.rollback(-1)),
      labelled("rollback ▶", "n", () => commands.rollback(1)),
    ];
    this.saves = [
      labelled("Save picture", "This frame, as a PNG file", () => commands.savePicture()),
      labelled("Save frames", "From here to the end, as PNG files in a zip", () => commands.saveFrames()),
      labelled("Save video", "From here to the end, at this speed", () => commands.saveVideo()),
    ];
    for (const rate of SPEEDS) this.speed.append(el("option", { value: String(rate), selected: rate === 1 }, `${rate}×`));
    this.controls = this.controlBar();
    const head = el("header", {}, el("h1", {}, study), this.session, this.episode, this.about);
    this.element = el("div", { class: "replay" }, head, this.status, this.bar, this.stage, this.controls, this.below);
    this.listen();
    this.enable(false);
  }

  list(sessions: readonly SessionLine[]): void {
    this.session.replaceChildren(...sessions.map((one) => el("option", { value: one.id }, titleOf(one))));
  }

  open(session: SessionLine, episode: EpisodeLine): void {
    this.session.value = session.id;
    const episodes = session.episodes.map(({ number, frames, end_reason }) => {
      const length = `${frames} frames${end_reason === null ? ", incomplete" : ""}`;
      return el("option", { value: String(number) }, `Episode ${number} (${length})`);
    });
    this.episode.replaceChildren(...episodes);
    this.episode.value = String(episode.number);
    const players = session.players.map(({ agent, participant }) => `${agent}: ${participant}`).join(", ");
    const parity = episode.parity === null ? "" : ` · parity ${episode.parity}`;
    setText(this.about, `${players} · ${endOf(episode)}${parity}`);
    this.playersLabel.hidden = session.players.length < 2;
  }

  /** An episode can be looked at, or not. */
  enable(isReady: boolean): void {
    this.controls.disabled = !isReady;
  }

  range(last: number, fps: number, rollbacks: readonly number[]): void {
    [this.seek.min, this.seek.max] = [String(FIRST), String(last)];
    const span = Math.max(last - FIRST, 1);
    const marks = rollbacks.map((frame) => {
      const mark = el("span");
      mark.style.insetInlineStart = `${(100 * (frame - FIRST)) / span}%`;
      return mark;
    });
    this.marks.replaceChildren(...marks);
    for (const button of this.rollbacks) button.disabled = rollbacks.length === 0;
    this.fps = fps;
  }

  at(frame: number, isPlaying: boolean): void {
    this.seek.value = String(frame);
    const seconds = ((frame + 1) / this.fps).toFixed(2);
    setText(this.place, frame === FIRST ? "reset" : `frame ${frame} · ${seconds} s`);
    setText(this.play, isPlaying ? "Pause" : "Play");
  }

  loading(label: string, part: number | null): void {
    this.tell("", label);
    this.bar.hidden = false;
    if (part === null) this.bar.removeAttribute("value");
    else this.bar.value = part;
  }

  /** What came of playing it again. */
  found({ frames, difference, differing, last, savable }: Found, goTo: (frame: number) => void): void {
    this.bar.hidden = true;
    const blind = savable ? "" : " The environment cannot be saved: what players predicted is not shown.";
    if (difference === null) return this.tell("good", `All ${frames} frames come out as they were recorded.${blind}`);
    const { frame } = difference;
    const many = differing > 1 ? `, and ${differing - 1} later ones` : "";
    const short = last < frames - 1 ? ` The replay ends after frame ${last} of ${frames - 1}.` : "";
    this.tell("bad", `Frame ${frame} comes out otherwise than it was recorded${many}.${short}${blind} `);
    const target = Math.min(frame, last);
    this.status.append(labelled(`Go to frame ${target}`, "", () => goTo(target)), differenceElement(difference));
  }

  failed(problem: string, detail: string): void {
    this.bar.hidden = true;
    this.tell("bad", problem);
    if (detail !== "" && detail !== problem) this.status.append(el("pre", {}, detail));
  }

  /** Something is saved: nothing else can be done meanwhile, but to stop it. */
  saving(label: string | null): void {
    for (const control of this.controls.querySelectorAll<HTMLInputElement>("button, input, select")) {
      control.disabled = label !== null;
    }
    this.session.disabled = this.episode.disabled = label !== null;
    this.stop.hidden = label === null;
    this.stop.disabled = false;
    if (label !== null) setText(this.place, label);
  }

  private tell(state: "" | "good" | "bad", text: string): void {
    this.status.dataset.state = state;
    this.status.replaceChildren(text);
  }

  private controlBar(): HTMLFieldSetElement {
    const { commands } = this;
    const steps = [
      labelled("◀", "Arrow left", () => commands.step(-1)),
      this.play,
      labelled("▶", "Arrow right", () => commands.step(1)),
    ];
    const track = el("div", { class: "track" }, this.marks, this.seek);
    const line = el("div", { class: "buttons" }, ...steps, this.place, this.speed, ...this.rollbacks, this.playersLabel);
    line.append(el("span", { class: "saves" }, ...this.saves, this.stop));
    return el("fieldset", {}, track, line);
  }

  private listen(): void {
    const { commands } = this;
    this.session.addEventListener("change", () => commands.session(this.session.value));
    this.episode.addEventListener("change", () => commands.episode(Number(this.episode.value)));
    this.play.addEventListener("click", () => commands.toggle());
    this.seek.addEventListener("input", () => commands.seek(Number(this.seek.value)));
    this.speed.addEventListener("change", () => commands.speed(Number(this.speed.value)));
    this.players.addEventListener("change", () => commands.players(this.players.checked));
    this.stop.addEventListener("click", () => commands.stopSaving());
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  private pressed(event: KeyboardEvent): void {
    const elsewhere = event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey;
    const action = KEYS[event.key];
    if (elsewhere || action === undefined || this.controls.disabled || !this.stop.hidden) return;
    event.preventDefault(); // the button that has the focus is not pressed besides, and the page does not scroll
    action(this.commands, event.shiftKey ? 10 : 1);
  }
}

const KEYS: Record<string, (commands: Commands, frames: number) => void> = {
  " ": (commands) => commands.toggle(),
  ArrowRight: (commands, frames) => commands.step(frames),
  ArrowLeft: (commands, frames) => commands.step(-frames),
  Home: (commands) => commands.seek(FIRST),
  End: (commands) => commands.seek(Infinity),
  n: (commands) => commands.rollback(1),
  p: (commands) => commands.rollback(-1),
};

function labelled(label: string, title: string, action: () => void): HTMLButtonElement {
  const button = el("button", { type: "button", title }, label);
  button.addEventListener("click", action);
  return button;
}

function titleOf({ id, scene, began, players }: SessionLine): string {
  const who = players.length === 1 ? "1 player" : `${players.length} players`;
  return `${began.slice(0, 19).replace("T", " ")} · ${scene} · ${who} · ${id}`;
}

function endOf({ end_reason, frames }: EpisodeLine): string {
  return end_reason === null ? `incomplete: the record ends after frame ${frames - 1}` : `ended: ${end_reason}`;
}
