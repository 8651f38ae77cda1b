"""Two browsers play Overcooked at 30 fps with an input delay of one frame, over UDP between two network namespaces.

    python -m benchmarks.multiplayer [--only networks bursts keys start] [--seconds 60] [--rounds 3]

``networks``: one game on each network, both players pressing about five random keys a second. ``bursts``: nothing
passes for a while. ``keys``: key to paint on a clean line and on a bad one, in interleaved rounds. ``start``: from
navigation to the first frame that can be played, a partner waiting. Needs root: the networks are made here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from benchmarks.common import RESULTS, write_result
from benchmarks.multiplayer.games import bursts, keys, networks
from benchmarks.multiplayer.start import start
from tests.net.lab import unavailable

PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "networks": networks,
    "bursts": bursts,
    "keys": keys,
    "start": start,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    if problem := unavailable():
        parser.error(f"no networks can be made here: {problem}")
    path = RESULTS / "multiplayer.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    measured = {name: known[name] for name in PARTS if name in known}
    for name in wanted.only:
        measured[name] = PARTS[name](wanted)
        write_result("multiplayer", measured)


if __name__ == "__main__":
    main()
