/** The worker's entry: it joins the shell to this scope. Everything else can be tested without a worker. */

import { systemClock } from "../clock";
import { replaceEntropy } from "./entropy";
import type { ToWorker } from "./messages";
import { loadPython } from "./python";
import { bootScope } from "./scope";
import { Shell } from "./shell";
import { messageHop } from "./wakeup";

declare const self: DedicatedWorkerGlobalScope;

const scope = bootScope(self);
const entropy = replaceEntropy(self.crypto); // before Python starts, which reads it as it does
const shell = new Shell(
  (source, report) => loadPython(scope, entropy, source, systemClock, report),
  (message, transfer) => self.postMessage(message, transfer),
  systemClock,
  performance.timeOrigin,
  messageHop(),
);

self.addEventListener("message", (event: MessageEvent<ToWorker>) => shell.handle(event.data));
self.addEventListener("unhandledrejection", (event) => shell.crashed(event.reason));
