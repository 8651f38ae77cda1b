"""What one peer's session costs a tick, without any environment; runs in CPython and in Pyodide."""

from __future__ import annotations

import time
from collections import deque
from random import Random
from typing import Any

from interactive_gym.netcode import SERVER, Advance, Begin, Config, Phase, Save, Session

FPS = 60
CHANGES = {"people": 1 / 12, "every tick": 1.0}  # how often a player's input changes: five times a second; always
DELAY = {"people": 3, "every tick": 8}  # ticks on the way: 50 ms; so much that nearly all of the window is played again


def main(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """``job``: {"peers": [int], "ticks": int, "rounds": int}. Returns figures of each round, by peers and inputs."""
    found = {}
    for peers in job["peers"]:
        for inputs in CHANGES:
            rounds = [_measured(peers, inputs, job["ticks"], seed) for seed in range(job["rounds"] + 1)][1:]
            found[f"{peers} peers, {inputs}"] = {
                "us_per_tick": [one["us"] for one in rounds],
                "replayed_per_tick": [one["replayed"] for one in rounds],
                "bytes_per_second_and_link": [one["bytes"] for one in rounds],
            }
    return found


class _Peers:
    """Sessions in one process, with so many ticks between sending and receiving. Peer 0 is the one that is timed."""

    def __init__(self, peers: int, inputs: str, seed: int) -> None:
        config = Config(FPS, tuple(range(peers)), (b"\0",) * peers)
        self.sessions = [Session(config, peer, 1, 0.0) for peer in config.peers]
        self.spent = 0.0
        self.now = 0.0
        self._random = Random(seed)
        self._changes = CHANGES[inputs]
        self._held = [b"\0"] * peers
        self._way: deque[list[tuple[bool, int, int, bytes]]] = deque([[] for _ in range(DELAY[inputs])])

    def tick(self) -> None:
        """A sixtieth of a second for everybody."""
        self.now += 1 / FPS
        sent: list[tuple[bool, int, int, bytes]] = []
        arrived = self._way.popleft()
        for peer, session in enumerate(self.sessions):
            mine = [packet for packet in arrived if packet[2] == peer]
            if self._random.random() < self._changes:
                self._held[peer] = bytes([self._random.randrange(6)])
            began = time.perf_counter()
            for is_control, source, _, data in mine:
                (session.receive_control if is_control else session.receive)(source, data, self.now)
            self._play(session, self._held[peer])
            datagrams, control = session.datagrams_to_send(), session.control_to_send()
            while session.next_event():
                pass
            if peer == 0:
                self.spent += time.perf_counter() - began
            sent += [(False, peer, target, data) for target, data in datagrams]
            sent += [(True, peer, target, data) for target, data in control if target != SERVER]
        self._way.append(sent)

    def _play(self, session: Session, held: bytes) -> None:
        for player in session.wanted_inputs(self.now):
            session.add_input(player, held, 3)
        for request in session.advance(self.now):
            if isinstance(request, Begin):
                session.ready(self.now)
            if isinstance(request, Save):
                session.done(digest=b"equal")
            else:
                session.done(cost=1e-5 if isinstance(request, Advance) else 0.0)


def _measured(peers: int, inputs: str, ticks: int, seed: int) -> dict[str, float]:
    game = _Peers(peers, inputs, seed)
    while any(session.phase is not Phase.PLAYING for session in game.sessions):
        game.tick()
    for _ in range(FPS):
        game.tick()
    game.spent, before = 0.0, game.sessions[0].statistics()
    for _ in range(ticks):
        game.tick()
    after = game.sessions[0].statistics()
    played = after["frames"] - before["frames"]
    if played < 0.9 * ticks:
        raise RuntimeError(f"only {played} of {ticks} ticks played a frame: {after}")
    sent = sum(link["bytes_sent"] - before["links"][peer]["bytes_sent"] for peer, link in after["links"].items())
    return {
        "us": game.spent / ticks * 1e6,
        "replayed": (after["replayed"] - before["replayed"]) / ticks,
        "bytes": sent / (peers - 1) / ticks * FPS,
    }
