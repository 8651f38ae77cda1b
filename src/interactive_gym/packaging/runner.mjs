// Runs one Python function in Pyodide under Node. `node runner.mjs job.json` reads a job as node.py writes it, and writes
// {"value": ...}, {"error": {"problem", "traceback"}} or, where Pyodide did not start, {"failure": ...} to job.result. What
// Python prints goes to stderr, so that nothing that a package prints can be taken for a result.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { replaceEntropy } from "./entropy.mjs";

const job = JSON.parse(await readFile(process.argv[2], "utf8"));

async function boot() {
  const { loadPyodide } = await import(pathToFileURL(join(job.pyodide, "pyodide.mjs")).href);
  const toStderr = (line) => process.stderr.write(`${line}\n`);
  const pyodide = await loadPyodide({
    indexURL: `${job.pyodide}/`,
    env: { PYTHONHASHSEED: "0" },
    packages: job.packages,
    stdout: toStderr,
    stderr: toStderr,
  });
  pyodide.registerJsModule("interactive_gym_entropy", { restart: replaceEntropy() });
  for (const [guest, host] of Object.entries(job.mounts)) {
    pyodide.mountNodeFS(guest, host);
  }
  if (job.archive !== null) {
    const sitePackages = pyodide.runPython("import sysconfig; sysconfig.get_path('purelib')");
    pyodide.unpackArchive(new Uint8Array(await readFile(job.archive)), "tar", { extractDir: sitePackages });
  }
  return pyodide;
}

function call(pyodide) {
  const namespace = pyodide.toPy({ __name__: "program", argument_json: job.argument });
  try {
    pyodide.runPython(job.program, { globals: namespace, filename: job.program_name });
    const value = pyodide.runPython("import json; json.dumps(main(json.loads(argument_json)))", { globals: namespace });
    return { value: JSON.parse(value) };
  } catch (error) {
    const traceback = String(error.message ?? error);
    return { error: { problem: traceback.trim().split("\n").at(-1), traceback } };
  }
}

async function run() {
  try {
    return call(await boot());
  } catch (error) {
    return { failure: String(error.stack ?? error) };
  }
}

await writeFile(job.result, JSON.stringify(await run()));
