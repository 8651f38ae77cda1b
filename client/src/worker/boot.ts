/** From a page's boot record to a Python that can play: everything is fetched at once, and nothing from elsewhere. */

import type { PyodideAPI, PyodideConfig } from "pyodide";

import type { Clock } from "../clock";
import { downloads, persistent, type FetchLike } from "./download";
import type { LoadProgress, RuntimeSource } from "./messages";
import { counted, Progress } from "./progress";
import { unpackTar, type FileSystem } from "./tar";

export interface PyodideModule {
  loadPyodide(config: PyodideConfig): Promise<PyodideAPI>;
}

/** What of the worker's global scope is used, and replaced: Pyodide fetches its files with the global `fetch`. */
export interface BootScope {
  fetch: FetchLike;
  importModule(url: string): Promise<PyodideModule>;
}

type Report = (progress: LoadProgress) => void;

/** Throws DownloadError for a file that cannot be had, and whatever Pyodide throws when it cannot start. */
export async function bootPython(
  scope: BootScope,
  source: RuntimeSource,
  clock: Clock,
  report: Report,
): Promise<PyodideAPI> {
  const progress = new Progress(source.pyodideBytes + source.archive.bytes, report, clock);
  countFetches(scope, progress, clock);
  const archive = fetchBytes(scope, source.archive.url);
  const pyodide = await startPyodide(scope, source);
  const tar = await archive;
  progress.enter("unpack");
  unpack(pyodide, tar);
  return pyodide;
}

function countFetches(scope: BootScope, progress: Progress, clock: Clock): void {
  const [fetch, download] = [persistent(scope.fetch, clock), downloads(scope.fetch, clock)];
  const arrived = (bytes: number): void => progress.add(bytes);
  scope.fetch = async (resource, options) =>
    isCompiled(resource)
      ? counted(await fetch(resource, options), arrived) // as it came, see there
      : new Response(await download(resource, arrived, options));
}

function isCompiled(resource: RequestInfo | URL): boolean {
  return String(resource instanceof Request ? resource.url : resource).endsWith(".wasm");
}

function fetchBytes(scope: BootScope, url: string): Promise<ArrayBuffer> {
  const bytes = scope.fetch(url).then((response) => response.arrayBuffer());
  bytes.catch(() => undefined); // it is reported where it is awaited
  return bytes;
}

async function startPyodide(scope: BootScope, source: RuntimeSource): Promise<PyodideAPI> {
  // A module's download cannot be watched. Fetched first, it is counted, and in the cache when Pyodide imports it.
  const glue = fetchBytes(scope, `${source.pyodide}pyodide.asm.mjs`);
  const [{ loadPyodide }] = await Promise.all([scope.importModule(`${source.pyodide}pyodide.mjs`), glue]);
  return loadPyodide({ indexURL: source.pyodide, packages: source.packages, env: { PYTHONHASHSEED: "0" } });
}

function unpack(pyodide: PyodideAPI, tar: ArrayBuffer): void {
  const sitePackages = pyodide.runPython("import sysconfig; sysconfig.get_path('purelib')") as string;
  unpackTar(new Uint8Array(tar), sitePackages, pyodide.FS as FileSystem);
  pyodide.runPython("import importlib; importlib.invalidate_caches()");
}
