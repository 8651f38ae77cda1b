/** What has arrived of the netcode's frames, and Python has not been given yet.
 *
 *  A machine that is too slow for its partners' pace must not fall further and further behind what they say: of the
 *  datagrams that wait only the newest of each partner counts, as it repeats all that matters of those before.
 */

import { FRAME_DATAGRAM } from "../protocol.gen";

export class Inbox {
  private readonly datagrams = new Map<number, Uint8Array>();
  private control: [peer: number, payload: Uint8Array][] = [];

  get isEmpty(): boolean {
    return this.datagrams.size === 0 && this.control.length === 0;
  }

  put(peer: number, tag: number, payload: Uint8Array): void {
    if (tag === FRAME_DATAGRAM) this.datagrams.set(peer, payload);
    else this.control.push([peer, payload]);
  }

  takeDatagrams(): [peer: number, payload: Uint8Array][] {
    const taken = [...this.datagrams];
    this.datagrams.clear();
    return taken;
  }

  takeControl(): [peer: number, payload: Uint8Array][] {
    const taken = this.control;
    this.control = [];
    return taken;
  }
}
