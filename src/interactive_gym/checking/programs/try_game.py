"""Runs in Pyodide, or in a Python process of its own: tries out the environment of one game."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from struct import Struct
from typing import Any

Json = dict[str, Any]
_TICKS = 60
_LONGEST_TICKS = 10 * _TICKS
_OVER = "episode_ended"
_ENVELOPE = Struct(">BBH")  # see browser.match.Match.outgoing


def main(job: Json) -> Json:
    """Try out ``job["game"]``, the fields of ``protocol_game.Game``.

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
    peers = [peer for peer, player in enumerate(game["policies"].values()) if player == "human"]
    return _play_alone(game) if len(peers) == 1 else _play_together(game, peers)


def _play_alone(game: Json) -> Json | None:
    from interactive_gym.browser.runtime import prepare

    play = prepare().open_game(json.dumps(game), json.dumps({"session_id": "check", "seed": 1}))
    packet: Json = json.loads(play.begin(0, []))
    for tick in range(_TICKS):
        if "error" in packet or packet["over"]:
            break
        packet = json.loads(play.tick(_pressed(game, tick)))
    return packet.get("error")


def _play_together(game: Json, peers: list[int]) -> Json | None:
    """All workers of a match in this process, on a network that brings everything at once."""
    from interactive_gym.browser.runtime import prepare

    runtime = prepare()
    matches = {peer: runtime.open_match(json.dumps(game), json.dumps(_match(game, peers, peer))) for peer in peers}
    for match in matches.values():
        match.meet(0.0)
    for tick in range(_LONGEST_TICKS):
        now = (tick + 1) / game["fps"]
        for peer, match in matches.items():
            packet: Json = json.loads(match.advance(now, _pressed(game, tick)))
            if "error" in packet or packet["frame"] >= _TICKS or any(e["type"] == _OVER for e in packet["events"]):
                return packet.get("error")
            if any(event["type"] == "prepared" for event in packet["events"]):
                match.ready(now)
            _deliver(match.outgoing(), peer, matches, now)
    return {"stage": "runtime", "problem": "the browsers of a game do not get to play with each other", "detail": ""}


def _match(game: Json, peers: list[int], peer: int) -> Json:
    """What a worker reads of ``protocol.Match``."""
    played = {"session_id": "check", "seed": 1, "peers": peers, "archive": "", "boot": 1, "returning": False}
    return {**played, "peer": peer, "agent": list(game["policies"])[peer]}


def _deliver(blob: bytes, sender: int, matches: dict[int, Any], now: float) -> None:
    while blob:
        to, tag, length = _ENVELOPE.unpack_from(blob)
        data, blob = blob[_ENVELOPE.size : _ENVELOPE.size + length], blob[_ENVELOPE.size + length :]
        if to in matches:  # the server is not asked
            receive = matches[to].receive_control if tag else matches[to].receive
            receive(sender, data, now)


def _pressed(game: Json, tick: int) -> str:
    bindings = [binding["keys"] for binding in game["bindings"]] or [[]]
    keys = bindings[tick % len(bindings)]
    return json.dumps({"down": keys, "pressed": keys, "focused": True})


if __name__ == "__main__":
    folder, job_file, result_file = sys.argv[1:]
    sys.path[0] = folder  # the experiment's, in place of this program's
    answer = main(json.loads(Path(job_file).read_text(encoding="utf-8")))
    Path(result_file).write_text(json.dumps(answer), encoding="utf-8")
