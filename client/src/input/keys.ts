// Which of a study's keys a keyboard event means, and which keys are down. Pure.

export interface KeyStroke {
  key: string; // KeyboardEvent.key
  code: string; // KeyboardEvent.code, the physical key
}

export interface Press {
  id: number; // 1, 2, ... since the keyboard was started
  key: string; // as the study spells it
  t: number; // event.timeStamp: ms on the page's clock, that of performance.now()
}

/** The keys of a study by all their spellings; letters in either case, "Space" for " ". */
export class KeyNames {
  private readonly spelled = new Map<string, string>();

  constructor(keys: readonly string[]) {
    for (const key of keys) this.spelled.set(plain(key), key);
  }

  /** The study's spelling of the key that was struck, or null when it has no such key. */
  find(stroke: KeyStroke): string | null {
    return this.spelled.get(plain(stroke.key)) ?? this.spelled.get(printed(stroke)) ?? null;
  }

  has(key: string): boolean {
    return this.spelled.has(plain(key));
  }
}

function plain(key: string): string {
  const lower = key.toLowerCase();
  return lower === " " || lower === "spacebar" ? "space" : lower;
}

/** What is printed on the key, where `key` says something else: Shift+1 is "!", and letters of other alphabets. */
function printed({ key, code }: KeyStroke): string {
  if (/^(Digit|Numpad)\d$/.test(code)) return code.slice(-1);
  const foreign = key.length === 1 && key.charCodeAt(0) > 127;
  return foreign && /^Key[A-Z]$/.test(code) ? code.slice(-1).toLowerCase() : "";
}

/**
 * Which keys are down, by the physical key: what is released may have another name than what was pressed (Shift went up in
 * between), and two keys may have one name (both Shifts).
 */
export class HeldKeys {
  private readonly byCode = new Map<string, string>(); // in the order in which they went down
  private pressed = 0;

  /** Null when the key was down already: autorepeat. */
  press(stroke: KeyStroke, key: string, t: number): Press | null {
    const code = stroke.code || stroke.key;
    if (this.byCode.has(code)) return null;
    this.byCode.set(code, key);
    return { id: ++this.pressed, key, t };
  }

  /** Whether that key was down. */
  release(stroke: KeyStroke): boolean {
    return this.byCode.delete(stroke.code || stroke.key);
  }

  releaseAll(): boolean {
    const any = this.byCode.size > 0;
    this.byCode.clear();
    return any;
  }

  /** Names of the keys that are down, each once, the longest held first. */
  get down(): string[] {
    return [...new Set(this.byCode.values())];
  }
}
