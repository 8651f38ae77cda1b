/** What a game looks like around its canvas: instructions, loading bar and button, then the stage. No rules. */

import type { GymPage } from "../protocol.gen";
import { el, heading, setText, trustedHtml } from "./dom";
import type { View } from "./view";
import { WaitingCard, type Waiting } from "./waiting";

export interface LoadingState {
  label: string;
  part: number | null; // 0..1; null: nobody knows how long this takes
}

/** Why the game stands, and for how long still. */
export interface Pause {
  state: string; // "": it does not, for it has not begun yet; the picture shines through
  wait: { part: number; text: string } | null; // the part that is left
}

const NO_PAUSE: Pause = { state: "", wait: null };

export interface GymView extends View {
  loading(state: LoadingState): void;
  /** Enables the button; `start` is called once. */
  ready(label: string, start: () => void): void;
  /** Replaces the rest by the waiting room, or brings it up to date; null: it is not known yet how that stands. */
  waiting(state: Waiting | null): void;
  /** Replaces the rest by the stage, with the game's text (HTML) beside it; returns the element that the canvas fills. */
  openStage(gameText: string): HTMLElement;
  hud(text: string | null): void;
  /** Says something in the place of the picture, or nothing any more (null). */
  overlay(title: string | null, text?: string, pause?: Pause): void;
  /** Says something at the edge of the picture, which goes on; "" says nothing any more. */
  note(text: string): void;
}

export function gymView(page: GymPage): GymView {
  return new DomGymView(page);
}

class DomGymView implements GymView {
  readonly element: HTMLElement;
  private readonly intro: Intro;
  private readonly room = new WaitingCard();
  private readonly stage: Stage;

  constructor(page: GymPage) {
    this.intro = new Intro(page);
    this.stage = new Stage(page);
    this.element = el("article", { class: "gym" }, this.intro.element, this.room.element, this.stage.element);
  }

  focus(): void {
    this.intro.title.focus({ preventScroll: true });
  }

  loading(state: LoadingState): void {
    this.intro.loading(state);
  }

  ready(label: string, start: () => void): void {
    this.intro.ready(label, start);
  }

  openStage(gameText: string): HTMLElement {
    this.only(this.stage.element);
    this.stage.open(gameText);
    document.body.dataset.page = "playing";
    return this.stage.picture;
  }

  waiting(state: Waiting | null): void {
    const isNew = this.room.element.hidden;
    this.room.show(state);
    if (!isNew) return;
    this.only(this.room.element);
    document.body.dataset.page = "waiting";
    this.room.title.focus({ preventScroll: true });
  }

  /** The instructions do not come back. */
  private only(shown: HTMLElement): void {
    this.intro.element.remove();
    for (const element of [this.room.element, this.stage.element]) element.hidden = element !== shown;
  }

  hud(text: string | null): void {
    this.stage.hud.textContent = text ?? "";
  }

  overlay(title: string | null, text = "", pause: Pause = NO_PAUSE): void {
    this.stage.veil.show(title, text, pause);
  }

  note(text: string): void {
    this.stage.note.hidden = text === "";
    setText(this.stage.note, text);
  }
}

class Intro {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  private readonly start = el("button", { type: "button", class: "primary", disabled: true });
  private readonly label = el("p", { class: "loading-label", role: "status" });
  private readonly bar = el("progress", { max: "1", "aria-label": "Loading" });
  private readonly progress = el("div", { class: "loading" }, this.label, this.bar);

  constructor(page: GymPage) {
    const body = el("div", { class: "body" });
    trustedHtml(body, page.body);
    this.title = heading(page.header);
    this.start.textContent = page.button ?? "";
    this.start.hidden = page.button === null;
    const actions = el("div", { class: "actions" }, this.start);
    this.element = el("section", { class: "card" }, this.title, body, this.progress, actions);
  }

  loading({ label, part }: LoadingState): void {
    if (this.label.textContent !== label) this.label.textContent = label;
    if (part === null) this.bar.removeAttribute("value");
    else this.bar.value = part;
  }

  /** The button is under Enter from now on; whoever is still reading further up keeps their place. */
  ready(label: string, start: () => void): void {
    this.progress.hidden = true;
    this.start.textContent = label;
    this.start.disabled = false;
    this.start.addEventListener("click", start, { once: true });
    this.start.focus({ preventScroll: true });
  }
}

class Stage {
  readonly picture = el("div", { class: "picture", tabindex: "-1", "aria-label": "Game" });
  readonly hud = el("p", { class: "hud" });
  readonly element: HTMLElement;
  readonly note = el("p", { class: "note", role: "status", hidden: true });
  readonly veil = new Veil();
  private readonly aside = el("aside", { class: "body game-text" });

  constructor(page: GymPage) {
    const frame = el("div", { class: "frame" }, this.picture, this.note, this.veil.element);
    frame.style.setProperty("--ratio", String(page.game.width / page.game.height));
    const play = el("div", { class: "play" }, this.hud, frame);
    this.element = el("section", { class: "stage", hidden: true }, play, this.aside);
  }

  /** The game's text runs its scripts only now that it is seen. */
  open(gameText: string): void {
    this.aside.hidden = gameText === "";
    trustedHtml(this.aside, gameText);
    this.picture.focus({ preventScroll: true });
  }
}

/** What stands in the place of the picture. Who has it read aloud hears the words, and not every second. */
class Veil {
  readonly element: HTMLElement;
  private readonly title = el("strong");
  private readonly text = el("span");
  private readonly bar = el("div", { class: "bar" });
  private readonly left = el("span", { class: "left", role: "timer", "aria-live": "off" });
  private readonly wait = el("div", { class: "wait" }, el("div", { class: "track" }, this.bar), this.left);

  constructor() {
    const words = el("div", { class: "words", role: "status" }, this.title, this.text);
    this.element = el("div", { class: "veil", hidden: true }, words, this.wait);
  }

  show(title: string | null, text: string, { state, wait }: Pause): void {
    this.element.hidden = title === null;
    this.element.dataset.state = title === null ? "" : state;
    setText(this.title, title ?? "");
    setText(this.text, text);
    this.wait.hidden = wait === null;
    setText(this.left, wait?.text ?? "");
    this.bar.style.inlineSize = `${100 * (wait?.part ?? 0)}%`;
  }
}
