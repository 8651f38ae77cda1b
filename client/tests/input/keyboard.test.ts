import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createKeyboard, type Keyboard, type KeyState } from "../../src/input/keyboard";

let states: KeyState[];
let keyboard: Keyboard | undefined;

function begin(keys: string[]): void {
  keyboard?.stop();
  states = [];
  keyboard = createKeyboard(window, { keys, onChange: (state) => states.push(state) });
  keyboard.start();
}

function fire(type: "keydown" | "keyup", key: string, init: KeyboardEventInit = {}, on: EventTarget = document.body): Event {
  const event = new KeyboardEvent(type, { key, bubbles: true, cancelable: true, composed: true, ...init });
  on.dispatchEvent(event);
  return event;
}

const down = (key: string, init?: KeyboardEventInit) => fire("keydown", key, init);
const up = (key: string, init?: KeyboardEventInit) => fire("keyup", key, init);
const held = () => states.at(-1)?.down;
const pressed = () => states.flatMap(({ presses }) => presses.map(({ id, key }) => [id, key]));

beforeEach(() => begin(["ArrowLeft", "ArrowUp", "w", " ", "1"]));
afterEach(() => keyboard?.stop());

describe("keys that are held", () => {
  it("are listed in the order in which they went down", () => {
    down("ArrowLeft", { code: "ArrowLeft" });
    down("ArrowUp", { code: "ArrowUp" });
    expect(held()).toEqual(["ArrowLeft", "ArrowUp"]);
    up("ArrowLeft", { code: "ArrowLeft" });
    expect(held()).toEqual(["ArrowUp"]);
  });

  it("are released although Shift has gone up or down in between", () => {
    down("W", { code: "KeyW", shiftKey: true });
    expect(held()).toEqual(["w"]);
    up("w", { code: "KeyW" });
    expect(held()).toEqual([]);
  });

  it("are released when the window loses the focus, once", () => {
    down("w", { code: "KeyW" });
    window.dispatchEvent(new Event("blur"));
    expect(held()).toEqual([]);
    const reports = states.length;
    window.dispatchEvent(new Event("blur"));
    up("w", { code: "KeyW" });
    expect(states.length).toBe(reports);
  });

  it("are not even pressed while the tab is hidden", () => {
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    down("w", { code: "KeyW" });
    expect(states).toEqual([]);
    hidden.mockRestore();
    down("w", { code: "KeyW" });
    expect(held()).toEqual(["w"]);
  });

  it("stay held while the other key of the same name is down", () => {
    begin(["Shift"]);
    down("Shift", { code: "ShiftLeft" });
    down("Shift", { code: "ShiftRight" });
    up("Shift", { code: "ShiftLeft" });
    expect(held()).toEqual(["Shift"]);
    up("Shift", { code: "ShiftRight" });
    expect(held()).toEqual([]);
  });

  it("are released with Command, which hides the release of others", () => {
    down("w", { code: "KeyW" });
    down("Meta", { code: "MetaLeft", metaKey: true });
    up("Meta", { code: "MetaLeft" });
    expect(held()).toEqual([]);
  });

  it("are released by stop()", () => {
    down("w", { code: "KeyW" });
    keyboard?.stop();
    expect(held()).toEqual([]);
  });
});

describe("presses", () => {
  it("are all reported, however short, with the time stamp of their event", () => {
    const event = down("w", { code: "KeyW" });
    up("w", { code: "KeyW" });
    down("w", { code: "KeyW" });
    expect(pressed()).toEqual([[1, "w"], [2, "w"]]);
    expect(states[0]?.presses[0]?.t).toBe(event.timeStamp);
  });

  it("do not repeat while the key is held", () => {
    down("w", { code: "KeyW" });
    down("w", { code: "KeyW", repeat: true });
    down("w", { code: "KeyW" });
    expect(pressed()).toEqual([[1, "w"]]);
  });

  it("count from 1 again after start()", () => {
    down("w", { code: "KeyW" });
    keyboard?.stop();
    keyboard?.start();
    down("w", { code: "KeyW" });
    expect(pressed()).toEqual([[1, "w"], [1, "w"]]);
  });
});

describe("names of keys", () => {
  it("are reported as the study spells them", () => {
    begin(["A", "Space", "arrowdown"]);
    down("a", { code: "KeyA" });
    down(" ", { code: "Space" });
    down("ArrowDown", { code: "ArrowDown" });
    expect(held()).toEqual(["A", "Space", "arrowdown"]);
  });

  it("are what is printed on the key where Shift or another alphabet says something else", () => {
    down("!", { code: "Digit1", shiftKey: true });
    down("ц", { code: "KeyW" });
    expect(held()).toEqual(["1", "w"]);
  });

  it("follow the layout, not the place of the key", () => {
    down("z", { code: "KeyW" }); // a French keyboard has z where others have w
    expect(states).toEqual([]);
  });
});

describe("what belongs to the page", () => {
  it("loses only the study's keys, arrows and space, and only during play", () => {
    expect(down("w", { code: "KeyW" }).defaultPrevented).toBe(true);
    expect(down("ArrowDown", { code: "ArrowDown" }).defaultPrevented).toBe(true);
    expect(down(" ", { code: "Space" }).defaultPrevented).toBe(true);
    expect(up(" ", { code: "Space" }).defaultPrevented).toBe(true);
    expect(down("F5", { code: "F5" }).defaultPrevented).toBe(false);
    keyboard?.stop();
    expect(down("w", { code: "KeyW" }).defaultPrevented).toBe(false);
    expect(down("ArrowDown", { code: "ArrowDown" }).defaultPrevented).toBe(false);
  });

  it("keeps the browser's shortcuts", () => {
    expect(down("w", { code: "KeyW", ctrlKey: true }).defaultPrevented).toBe(false);
    expect(states).toEqual([]);
    begin(["Control", "w"]);
    down("Control", { code: "ControlLeft", ctrlKey: true });
    down("w", { code: "KeyW", ctrlKey: true });
    expect(held()).toEqual(["Control", "w"]);
  });

  it("keeps what is typed into a form", () => {
    const field = document.body.appendChild(document.createElement("input"));
    expect(fire("keydown", "w", { code: "KeyW" }, field).defaultPrevented).toBe(false);
    expect(fire("keydown", " ", { code: "Space" }, field).defaultPrevented).toBe(false);
    expect(states).toEqual([]);
    field.remove();
  });

  it("leaves the answer to a dialog to it, and sees what was held released there", () => {
    const dialog = document.body.appendChild(document.createElement("dialog"));
    const answer = dialog.appendChild(document.createElement("button"));
    fire("keydown", "w", { code: "KeyW" });
    fire("keyup", "w", { code: "KeyW" }, answer);
    expect(states.map(({ down }) => down)).toEqual([["w"], []]);
    for (const type of ["keydown", "keyup"] as const) {
      expect(fire(type, " ", { code: "Space" }, answer).defaultPrevented).toBe(false);
    }
    expect(states.length).toBe(2);
    dialog.remove();
  });
});
