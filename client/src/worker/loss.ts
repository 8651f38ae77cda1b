/** How many of a partner's datagrams are missing: it sends one in every tick, and each says in which (netcode/wire.py). */

const EPISODE_AT = 1; // u8 epoch, u8 turn: ticks of another one are counted anew
const TICK_AT = 3; // u32, big-endian
const HEADER_BYTES = 7;
const REMEMBERED = 512; // ticks: what comes later than so many is no loss any more, and no news

export class LossMeter {
  private episode: number | null = null;
  private base = 0; // the newest tick of the last row
  private newest = 0;
  private fresh = 0; // ticks that were first seen since the last row
  private readonly seen = new Set<number>();

  saw(datagram: Uint8Array): void {
    if (datagram.length < HEADER_BYTES) return;
    const view = new DataView(datagram.buffer, datagram.byteOffset);
    const [episode, tick] = [view.getUint16(EPISODE_AT), view.getUint32(TICK_AT)];
    if (episode !== this.episode || Math.abs(tick - this.newest) > REMEMBERED) this.restart(episode, tick);
    if (this.seen.has(tick)) return; // by both ways, or from a partner who stands still
    this.seen.add(tick);
    this.fresh += 1;
    this.newest = Math.max(this.newest, tick);
  }

  /** The share that was lost since the last call, null if none was due. What comes late counts in its own time. */
  take(): number | null {
    const [due, fresh] = [this.newest - this.base, this.fresh];
    this.base = this.newest;
    this.fresh = 0;
    for (const tick of this.seen) if (tick <= this.newest - REMEMBERED) this.seen.delete(tick);
    return due === 0 ? null : Math.max(0, 1 - fresh / due);
  }

  private restart(episode: number, tick: number): void {
    this.episode = episode;
    this.newest = tick;
    this.base = tick - 1;
    this.fresh = 0;
    this.seen.clear();
  }
}
