/** The page's side of the worker: started with the page, kept across scenes and games. */

import type { Boot } from "./protocol.gen";
import type { FromWorker, LoadProgress, RuntimeSource, ToWorker, WorkerFailure } from "./worker/messages";

/** The part of a `Worker` that is used here. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
}

export type RuntimeListener = (message: FromWorker) => void;

export class Runtime {
  progress: LoadProgress;
  loaded = false;
  failure: WorkerFailure | null = null;
  private readonly listeners = new Set<RuntimeListener>();
  private runs = 0;

  constructor(
    private readonly worker: WorkerLike,
    source: RuntimeSource,
  ) {
    this.progress = { stage: "download", received: 0, total: source.pyodideBytes + source.archive.bytes };
    worker.addEventListener("message", (event) => this.received((event as MessageEvent<FromWorker>).data));
    worker.addEventListener("error", (event) =>
      this.crashed(event instanceof ErrorEvent ? event.message : "The worker stopped."),
    );
    worker.addEventListener("messageerror", () => this.crashed("A message of the worker could not be read."));
    this.post({ type: "load", source });
  }

  /** A number that no earlier game had. */
  nextRun(): number {
    return ++this.runs;
  }

  /** Throws a DataCloneError where the browser cannot transfer what is to be. */
  post(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  /** Returns the function that ends the subscription. */
  listen(listener: RuntimeListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  stop(): void {
    this.listeners.clear();
    this.worker.terminate();
  }

  private received(message: FromWorker): void {
    if (message.type === "progress") this.progress = message.progress;
    if (message.type === "loaded") this.loaded = true;
    if (message.type === "failed" && message.run === null) this.failure ??= message.failure;
    for (const listener of [...this.listeners]) listener(message);
  }

  private crashed(problem: string): void {
    this.received({ type: "failed", run: null, failure: { stage: "worker", problem, detail: problem } });
  }
}

/** The one runtime of this page; started anew for a game if it has failed (a download may work later). */
export class RuntimeKeeper {
  private runtime: Runtime | null = null;

  constructor(private readonly make: () => Runtime) {}

  /** The running one. Throws whatever `make` throws. */
  get(): Runtime {
    if (this.runtime?.failure) this.stop();
    this.runtime ??= this.make();
    return this.runtime;
  }

  stop(): void {
    this.runtime?.stop();
    this.runtime = null;
  }
}

/** What the worker needs of the boot record. Throws where no scene needs Python: no game can follow then. */
export function runtimeSource(boot: Boot): RuntimeSource {
  const { pyodide, pyodide_bytes: pyodideBytes, packages, archive } = boot;
  if (archive === null) throw new Error("The server announced no archive of Python files, and yet sent a game.");
  return { pyodide, pyodideBytes, packages, archive };
}

export function startWorker(): WorkerLike {
  return new Worker(new URL("./worker/worker.ts", import.meta.url), { type: "module", name: "interactive-gym" });
}
