/** What every page is to the study that shows it. */

/** The named elements of a form: a list for checkboxes and multiple selects, else a text. */
export type Responses = Record<string, string | string[]>;

export type GoOn = (responses: Responses) => void;

export interface View {
  readonly element: HTMLElement;
  /** Puts the keyboard where the participant goes on. Called once the element is in the document. */
  focus(): void;
  /** The server did not accept what was sent. Pages on which nothing can be corrected lack this. */
  rejected?(text: string): void;
  /** Another page follows. */
  close?(): void;
}
