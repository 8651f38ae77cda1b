"""``python -m benchmarks``: all of them, one after the other; each writes its own JSON."""

from __future__ import annotations

import subprocess
import sys

ALL = (
    "step_overhead", "data", "verification", "netcode", "timesync", "tempo", "relay", "server", "first_load",
    "input_path", "multiplayer",
)  # fmt: skip

if __name__ == "__main__":
    for name in ALL:
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
