// The entropy that Python sees under Node, as client/src/worker/entropy.ts has it in a browser: Node's own, but while
// Python plays a frame the same stream that the frame gives there, so that what drew from it comes out again.

import crypto from "node:crypto";

/** Puts an entropy that can be switched in the place of Node's own; the result switches it, and is called by Python. */
export function replaceEntropy() {
  const real = crypto.randomFillSync; // Pyodide looks it up at each call
  let next = null;
  crypto.randomFillSync = (view) => (next === null ? real(view) : spread(next, view));
  return (a, b = 0, c = 0, d = 0) => {
    next = a === undefined ? null : sfc32(a, b, c, d);
  };
}

function spread(next, view) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = next();
  return view;
}

/** Chris Doty-Humphrey's sfc32 (PractRand, public domain). */
function sfc32(a, b, c, counter) {
  const next = () => {
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
