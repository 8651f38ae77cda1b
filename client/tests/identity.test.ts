import { beforeEach, describe, expect, it } from "vitest";

import { Identity, storageOr, type KeyValue } from "../src/identity";

const JOINED = { token: "t", participant_id: "p" };

let kept: KeyValue;
let perTab: KeyValue;

function memory(): KeyValue {
  return storageOr(() => {
    throw new DOMException("blocked", "SecurityError");
  });
}

function identity(subject_id: string | null, experiment_id = "e"): Identity {
  return new Identity({ experiment_id, subject_id }, kept, perTab);
}

beforeEach(() => {
  [kept, perTab] = [memory(), memory()];
});

describe("Identity", () => {
  it("is remembered by link: another subject and another experiment are somebody else", () => {
    identity("ada").keep(JOINED);
    expect(identity("ada").known()).toEqual(JOINED);
    expect(identity(null).known()).toBeNull();
    expect(identity("bob").known()).toBeNull();
    expect(identity("ada", "other").known()).toBeNull();
  });

  it("names the tab, by the same name after a reload", () => {
    const { tab } = identity(null);
    expect(tab).toMatch(/^[0-9a-f]{32}$/);
    expect(identity(null).tab).toBe(tab);
    perTab = memory();
    expect(identity(null).tab).not.toBe(tab);
  });

  it("forgets", () => {
    identity(null).keep(JOINED);
    identity(null).forget();
    expect(identity(null).token()).toBeNull();
  });

  it.each(["", "{", "null", "[]", '{"token":1,"participant_id":"p"}'])(
    "knows nobody from a record such as %j",
    (record) => {
      kept.setItem("interactive-gym/e/", record);
      expect(identity(null).known()).toBeNull();
    },
  );
});
