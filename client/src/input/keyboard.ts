import { HeldKeys, KeyNames, type Press } from "./keys";

export type { Press } from "./keys";

export interface KeyState {
  down: string[]; // the keys that are held, the longest held first
  presses: Press[]; // what was pressed since the last call; ids count up from 1 at start()
}

export interface KeyboardOptions {
  keys: string[]; // the study's keys; no other key is reported to anybody
  onChange(state: KeyState): void;
}

export interface Keyboard {
  start(): void;
  /** Releases what is held, and leaves the keys to the page again. */
  stop(): void;
}

const SCROLLING = new KeyNames(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Space"]);

/**
 * Listens to the study's keys between start() and stop(). Every press is reported, however short; autorepeat is not. All
 * keys are released when the window loses the focus, for their release will not be seen. Then and only then the page's own
 * reactions to these keys, arrows and space are suppressed. What is typed into form fields, or answers a dialog, is not ours.
 */
export function createKeyboard(target: Window, options: KeyboardOptions): Keyboard {
  return new WindowKeyboard(target, options);
}

class WindowKeyboard implements Keyboard {
  private readonly names: KeyNames;
  private held = new HeldKeys();
  private listening: AbortController | null = null;

  constructor(
    private readonly target: Window,
    private readonly options: KeyboardOptions,
  ) {
    this.names = new KeyNames(options.keys);
  }

  start(): void {
    if (this.listening) return;
    this.held = new HeldKeys();
    this.listening = new AbortController();
    const { signal } = this.listening;
    const document = this.target.document;
    this.target.addEventListener("keydown", (event) => this.keydown(event), { capture: true, signal });
    this.target.addEventListener("keyup", (event) => this.keyup(event), { capture: true, signal });
    this.target.addEventListener("blur", () => this.releaseAll(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.releaseAll(), { signal });
  }

  stop(): void {
    if (!this.listening) return;
    this.listening.abort();
    this.listening = null;
    this.releaseAll();
  }

  private keydown(event: KeyboardEvent): void {
    if (this.target.document.hidden || event.isComposing || isTyping(event) || this.isShortcut(event)) return;
    const key = this.names.find(event);
    if (key !== null || SCROLLING.find(event)) event.preventDefault();
    if (key === null || event.repeat) return;
    const press = this.held.press(event, key, event.timeStamp);
    if (press) this.report([press]);
  }

  private keyup(event: KeyboardEvent): void {
    const released = this.held.release(event);
    if (released) this.report([]);
    // Space and Enter click the focused button when they go up.
    if (released || (SCROLLING.find(event) && !isTyping(event))) event.preventDefault();
    // While Command is held, macOS does not tell of the release of other keys.
    if (event.key === "Meta") this.releaseAll();
  }

  private releaseAll(): void {
    if (this.held.releaseAll()) this.report([]);
  }

  private report(presses: Press[]): void {
    this.options.onChange({ down: this.held.down, presses });
  }

  /** Ctrl+R and its like belong to the browser, unless the study itself combines keys with that modifier. */
  private isShortcut(event: KeyboardEvent): boolean {
    const modifiers = { Control: event.ctrlKey, Alt: event.altKey, Meta: event.metaKey };
    return Object.entries(modifiers).some(([name, held]) => held && event.key !== name && !this.names.has(name));
  }
}

function isTyping(event: KeyboardEvent): boolean {
  const element = event.composedPath()[0];
  if (!(element instanceof HTMLElement)) return false;
  return element.isContentEditable || element.closest("input, textarea, select, dialog") !== null;
}
