import { describe, expect, it } from "vitest";

import { FRAME_CONTROL, FRAME_DATAGRAM } from "../../src/protocol.gen";
import { framed, sendOn } from "../../src/worker/frames";
import { FakeClock } from "../fakes";
import { FakeEnd } from "../p2p/fakes";

describe("sendOn", () => {
  it("says that nothing was sent where the browser refuses, as over what the partner's end calls too large", () => {
    const end = new FakeEnd(new FakeClock());
    end.datagrams.open();
    end.control.open();
    end.control.send = () => {
      throw new TypeError("larger than the maximum");
    };
    expect(sendOn(end.channels, framed(FRAME_DATAGRAM, Uint8Array.of(1)))).toBe(true);
    expect(sendOn(end.channels, framed(FRAME_CONTROL, Uint8Array.of(1)))).toBe(false);
  });
});
