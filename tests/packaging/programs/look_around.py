"""Runs in Pyodide: what a participant's Python sees."""

from __future__ import annotations

import importlib
import inspect
import os
import platform
import sys


def main(job: dict[str, list[str]]) -> dict[str, object]:
    print("this is not the result")
    modules = [importlib.import_module(name) for name in job["modules"]]
    return {
        "python": platform.python_version(),
        "hash": hash("a"),
        "cached": [module.__spec__ is not None and os.path.exists(module.__spec__.cached or "") for module in modules],
        "sources": [inspect.getsource(module) for module in modules],
        "markers": {
            "os_name": os.name, "sys_platform": sys.platform, "platform_machine": platform.machine(),
            "platform_system": platform.system(), "platform_python_implementation": platform.python_implementation(),
            "implementation_name": sys.implementation.name,
        },
    }  # fmt: skip
