// The yardstick: the same Pyodide, packages and archive with nothing of ours around them. Runs in a page or in a worker.
export async function bare(boot) {
  const archive = fetch(boot.archive.url).then((answer) => answer.arrayBuffer());
  const { loadPyodide } = await import(boot.pyodide + "pyodide.mjs");
  const python = await loadPyodide({ indexURL: boot.pyodide, packages: boot.packages, env: { PYTHONHASHSEED: "0" } });
  python.unpackArchive(await archive, "tar", { extractDir: "/lib/python3.14/site-packages" });
  python.runPython(`
import sys, types
lacking = sys.modules["_multiprocessing"] = types.ModuleType("_multiprocessing")
lacking.SemLock = types.SimpleNamespace(SEM_VALUE_MAX=1)
lacking.sem_unlink = None
import gymnasium
env = gymnasium.make("MountainCar-v0")
env.reset(seed=1)
`);
}

// A worker that is made of this very source; it is sent the boot record, and answers when it is ready.
onmessage = async (message) => {
  if (!message.data?.archive) return; // a page hears other messages too
  await bare(message.data);
  postMessage("ready");
};
