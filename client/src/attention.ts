/** Tells the server whether the participant looks at their game, and them that they should. */

import type { Attendant } from "./connection";
import type { FocusWatch } from "./focus";
import type { Looking, Warned } from "./protocol.gen";

export interface AttentionTools {
  wire: { looking(looking: Looking): void; attend(attendant: Attendant): () => void };
  focus: Pick<FocusWatch, "focused" | "hidden" | "listen">;
  /** Shows a warning; null: they are here and can read it. */
  warn(text: string | null): void;
}

export class Attention {
  private readonly stops: (() => void)[];

  constructor(
    private readonly sceneId: string,
    private readonly tools: AttentionTools,
  ) {
    const { wire, focus } = tools;
    this.stops = [
      wire.attend({ linked: () => this.say(), warned: (warned) => this.warned(warned) }),
      focus.listen(() => this.say()),
    ];
    this.say();
  }

  close(): void {
    for (const stop of this.stops) stop();
  }

  private say(): void {
    const { wire, focus } = this.tools;
    wire.looking({ scene_id: this.sceneId, is_looking: focus.focused, is_hidden: focus.hidden });
    if (focus.focused) this.tools.warn(null);
  }

  private warned({ text }: Warned): void {
    this.tools.warn(text);
    if (this.tools.focus.focused) this.tools.warn(null);
  }
}
