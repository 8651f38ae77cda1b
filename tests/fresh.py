"""Python as participants have it, where it matters: sets of strings iterate alike in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

_PROGRAM = """
import importlib, json, sys
module, name, options = json.load(sys.stdin)
value = getattr(importlib.import_module(module), name)(**options)
print("\\n" + json.dumps(value))
"""


def in_fresh_python(module: str, name: str, /, **options: object) -> Any:
    """What this function returns in a process of its own; options and result are JSON values."""
    path = os.pathsep.join(filter(None, [os.getcwd(), *sys.path]))
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps([module, name, options]),
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
