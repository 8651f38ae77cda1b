"""Runs in Pyodide, or in a Python process of its own: tries out the environment of one game."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_TICKS = 60


def main(job: Json) -> Json:
    """Try out ``job["game"]``, the fields of ``protocol.Game``.

    Without ``job["alone"]``: see ``selfcheck.examine``; it is drawn in Pyodide only. With it, the number of an episode:
    ``digests`` of that episode alone, and ``play_error``, the error packet of a worker that plays with draw, HUD and
    policies, or None.
    """
    in_pyodide = sys.platform == "emscripten"
    if in_pyodide:
        from interactive_gym.browser import stand_ins

        stand_ins.install()
    from interactive_gym.game import selfcheck

    if job["alone"] is None:
        return selfcheck.examine(job["game"], look=partial(_look_of, job["game"]) if in_pyodide else None)
    digests = selfcheck.episode(job["game"], job["alone"])
    return {"digests": digests, "play_error": _play(job["game"]) if in_pyodide else None}


def _look_of(game: Json) -> Callable[[Any], None]:
    from interactive_gym.browser import picture, spec

    return picture.look_of(spec.load(json.dumps(game)))


def _play(game: Json) -> Json | None:
    from interactive_gym.browser.runtime import prepare

    play = prepare().open_game(json.dumps(game), json.dumps({"session_id": "check", "seed": 1}))
    packet: Json = json.loads(play.begin(0, []))
    bindings = [binding["keys"] for binding in game["bindings"]] or [[]]
    for tick in range(_TICKS):
        if "error" in packet or packet["over"]:
            break
        keys = bindings[tick % len(bindings)]
        packet = json.loads(play.tick(json.dumps({"down": keys, "pressed": keys, "focused": True})))
    return packet.get("error")


if __name__ == "__main__":
    folder, job_file, result_file = sys.argv[1:]
    sys.path[0] = folder  # the experiment's, in place of this program's
    answer = main(json.loads(Path(job_file).read_text(encoding="utf-8")))
    Path(result_file).write_text(json.dumps(answer), encoding="utf-8")
