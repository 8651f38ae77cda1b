"""Plays a game with a fixed pattern of keys, in Pyodide as in CPython, leaves it in the middle and goes on."""

from __future__ import annotations

import json
from typing import Any

SEED = 7


def main(game: dict[str, Any]) -> dict[str, Any]:
    """Returns the digests of all chunks, of the second half after a resume, and what the first packet looked like."""
    from interactive_gym.browser.runtime import prepare

    runtime = prepare()
    play = runtime.open_game(json.dumps(game), json.dumps({"session_id": "s", "seed": SEED}))
    first, chunks = through(play, game, [])
    kept = chunks[: len(chunks) // 2]
    _, rest = through(play, game, [data for _, data in kept])
    return {
        "first": first,
        "digests": [digest for digest, _ in chunks],
        "resumed": [digest for digest, _ in [*kept, *rest]],
    }


def through(play: Any, game: dict[str, Any], recorded: list[bytes]) -> tuple[Any, list[tuple[str, bytes]]]:
    first = packet = json.loads(play.begin(0, recorded))
    keys = [bound["keys"] for bound in game["bindings"]]
    chunks = []
    while packet["over"] is None:
        down = keys[(packet["frame"] + 1) // 5 % len(keys)]
        packet = json.loads(play.tick(json.dumps({"down": down, "pressed": [], "focused": True})))
        chunks += [(head["digest"], play.chunk(position)) for position, head in enumerate(packet["chunks"])]
    return first, chunks
