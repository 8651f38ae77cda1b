/** Who this browser is to the server: a token kept per experiment and subject, and the name of this tab. */

import { randomName } from "./bytes";
import type { Boot, Joined } from "./protocol.gen";

/** The part of `Storage` that is used here; some browsers refuse the real one when cookies are blocked. */
export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class Identity {
  readonly tab: string;
  private readonly key: string;

  constructor(
    boot: Pick<Boot, "experiment_id" | "subject_id">,
    private readonly kept: KeyValue,
    perTab: KeyValue,
  ) {
    this.key = `interactive-gym/${boot.experiment_id}/${boot.subject_id ?? ""}`;
    this.tab = perTab.getItem("interactive-gym/tab") ?? randomName();
    perTab.setItem("interactive-gym/tab", this.tab);
  }

  token(): string | null {
    return this.known()?.token ?? null;
  }

  known(): Joined | null {
    const record = this.kept.getItem(this.key);
    return record === null ? null : parseJoined(record);
  }

  keep(joined: Joined): void {
    this.kept.setItem(this.key, JSON.stringify(joined));
  }

  forget(): void {
    this.kept.removeItem(this.key);
  }
}

function parseJoined(record: string): Joined | null {
  try {
    const { token, participant_id } = JSON.parse(record) as Partial<Joined>;
    return typeof token === "string" && typeof participant_id === "string" ? { token, participant_id } : null;
  } catch {
    return null;
  }
}

/** The browser's storage, or one that lives as long as the page where the browser refuses it. */
export function storageOr(open: () => KeyValue): KeyValue {
  try {
    const storage = open();
    storage.setItem("interactive-gym/probe", "");
    storage.removeItem("interactive-gym/probe");
    return storage;
  } catch {
    return memoryStorage();
  }
}

function memoryStorage(): KeyValue {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}
