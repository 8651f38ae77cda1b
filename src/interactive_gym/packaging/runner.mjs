// Runs one Python function in Pyodide under Node. `node runner.mjs job.json` reads a job as node.py writes it, and writes
// {"value": ...} or {"error": {"problem", "traceback"}} to job.result. What Python prints goes to stderr, so that nothing
// that a package prints can be taken for a result.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const SITE_PACKAGES = "/lib/python3.14/site-packages";

const job = JSON.parse(await readFile(process.argv[2], "utf8"));

async function boot() {
  const { loadPyodide } = await import(pathToFileURL(join(job.pyodide, "pyodide.mjs")).href);
  const toStderr = (line) => process.stderr.write(`${line}\n`);
  const pyodide = await loadPyodide({
    indexURL: `${job.pyodide}/`,
    env: { PYTHONHASHSEED: "0", HOME: "/home/pyodide" },
    packages: job.packages,
    stdout: toStderr,
    stderr: toStderr,
  });
  for (const [guest, host] of Object.entries(job.mounts)) {
    pyodide.mountNodeFS(guest, host);
  }
  if (job.archive !== null) {
    pyodide.unpackArchive(await readFile(job.archive), "tar", { extractDir: SITE_PACKAGES });
  }
  return pyodide;
}

async function call(pyodide) {
  const namespace = pyodide.toPy({ __name__: "program", argument_json: job.argument });
  try {
    pyodide.runPython(job.program, { globals: namespace, filename: job.program_name });
    return { value: JSON.parse(pyodide.runPython("import json; json.dumps(main(json.loads(argument_json)))", {
      globals: namespace,
    })) };
  } catch (error) {
    const traceback = String(error.message ?? error);
    return { error: { problem: traceback.trim().split("\n").at(-1), traceback } };
  }
}

await writeFile(job.result, JSON.stringify(await call(await boot())));
