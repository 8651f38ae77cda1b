"""Plays a game as the host of a session would, straight on and with rollbacks; in Pyodide as in CPython."""

from __future__ import annotations

import sys
from typing import Any

SEED = 7
FRAMES = 120


def main(game: dict[str, Any]) -> dict[str, Any]:
    """``game``: a ``protocol_game.Game``. Returns digests of states and chunks, and what a sync test finds."""
    if sys.platform == "emscripten":
        from interactive_gym.browser import stand_ins

        stand_ins.install()
    from interactive_gym.envs.determinism import VirtualWorld
    from interactive_gym.game.host import Host
    from interactive_gym.game.setup import load_setup
    from interactive_gym.netcode.testing.synctest import SyncTest

    with VirtualWorld().installed() as world:
        host = Host(load_setup(game), world, SEED)
        found = {"straight": play(host, back=0), "back": play(host, back=6), "fingerprint": host.fingerprint}
        return found | {"difference": SyncTest(host, lambda episode, frame: inputs(host, frame)).run(FRAMES)}


def inputs(host: Any, frame: int) -> Any:
    """Each player does something else, for some frames."""
    from interactive_gym.netcode.requests import FOCUSED, HUMAN, Input

    def of(player: int, codec: Any) -> Any:
        action = codec.actions[(frame // (3 + player) + player) % len(codec.actions)]
        return Input(host.actions.encode(player, action), FOCUSED | HUMAN)

    return tuple(of(player, codec) for player, codec in enumerate(host.actions.codecs))


def play(host: Any, back: int) -> dict[str, list[str]]:
    """Play; every ten frames play ``back`` frames more on wrong inputs, go back, and play them again."""
    from interactive_gym.netcode.requests import Advance, Begin, Commit, Load, Save

    host.fulfil(Begin(0))
    states = []
    for frame in range(FRAMES):
        states.append(host.fulfil(Save(frame, hashed=True))["digest"].hex())
        if back and frame % 10 == 0:
            for ahead in range(frame, frame + back):
                host.fulfil(Advance(ahead, inputs(host, 5 * ahead), is_live=True))
            host.fulfil(Load(frame))
        host.fulfil(Advance(frame, inputs(host, frame), is_live=True))
    host.fulfil(Commit(0, tuple(inputs(host, frame) for frame in range(FRAMES)), keep=FRAMES))
    host.end_episode()
    return {"states": states, "chunks": [chunk.packed.digest for chunk in host.take_chunks()]}
