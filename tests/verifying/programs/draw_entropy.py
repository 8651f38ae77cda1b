"""Runs in Pyodide: entropy that C code takes from the system, where no function of Python's is asked."""

from __future__ import annotations

import _random
import os


def main(words: list[int]) -> dict[str, list[int]]:
    from interactive_gym_entropy import restart  # type: ignore[import-not-found]

    restart(*words)
    drawn = [*os.urandom(8)]
    restart(*words)
    again = [*os.urandom(8)]
    one = _random.Random().random()  # seeded in C
    restart(*words)
    os.urandom(8)
    assert _random.Random().random() == one
    restart(None)
    return {"drawn": drawn, "again": again, "after": [*os.urandom(8)]}
