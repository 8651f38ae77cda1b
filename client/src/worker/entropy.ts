/** The entropy that Python sees: the browser's own, but while Python plays a frame a stream that the frame decides.
 *
 *  `os.urandom` and whatever seeds itself end in `crypto.getRandomValues`, looked up at each call: here an unseeded
 *  generator in somebody's `step` becomes the same one on every replay. Python cannot be called from in there (it has
 *  released its lock), so it names the stream before a frame instead of being asked for bytes in it.
 */

export class Entropy {
  private next: (() => number) | null = null;

  constructor(private readonly real: (view: ArrayBufferView<ArrayBuffer>) => void) {}

  /** From now on the stream of these four 32-bit words; without them the browser's own again. Called by Python. */
  readonly restart = (a?: number, b = 0, c = 0, d = 0): void => {
    this.next = a === undefined ? null : sfc32(a, b, c, d);
  };

  fill<View extends ArrayBufferView>(view: View): View {
    if (this.next === null) this.real(view as ArrayBufferView<ArrayBuffer>);
    else spread(this.next, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    return view;
  }
}

/** Puts an entropy that can be switched in the place of the scope's own. */
export function replaceEntropy(crypto: Crypto): Entropy {
  const real = crypto.getRandomValues.bind(crypto);
  const entropy = new Entropy((view) => void real(view));
  crypto.getRandomValues = (view) => entropy.fill(view);
  return entropy;
}

function spread(next: () => number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = next();
}

/** Chris Doty-Humphrey's sfc32 (PractRand, public domain): integer arithmetic only, so every engine agrees. */
function sfc32(...seed: [number, number, number, number]): () => number {
  let [a, b, c, counter] = seed;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next(); // mixes the seed through, as the author asks
  return next;
}
