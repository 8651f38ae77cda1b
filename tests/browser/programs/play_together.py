"""Plays a game of several people in one Python, in virtual time, on a line with a delay."""

from __future__ import annotations

import heapq
import itertools
import json
import random
from base64 import b64encode
from collections.abc import Iterator
from struct import unpack_from
from typing import Any

DELAY, LOSS, STEP = 0.12, 0.05, 0.005  # seconds one way; of the datagrams; seconds
LONGEST = 60.0  # seconds


def main(game: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each participant: all chunks, their digests, the ends of episodes, and how many frames were played again."""
    from interactive_gym.browser.runtime import prepare

    runtime = prepare()
    agents = list(game["policies"])
    peers = [peer for peer, agent in enumerate(agents) if game["policies"][agent] == "human"]
    match = {"session_id": "s", "seed": 7, "peers": peers, "boot": 1, "returning": False, "archive": "a"}
    matches = {
        peer: runtime.open_match(json.dumps(game), json.dumps({**match, "peer": peer, "agent": agents[peer]}))
        for peer in peers
    }
    return [*Game(game, matches).play().values()]


class Game:
    """Matches on a line."""

    def __init__(self, game: dict[str, Any], matches: dict[int, Any]) -> None:
        self.keys = [binding["keys"] for binding in game["bindings"]]
        self.matches = matches
        self.rng = random.Random(1)
        self.order = itertools.count()
        self.under_way: list[Any] = []
        self.told: dict[int, dict[str, Any]] = {
            peer: {"digests": [], "chunks": [], "ends": [], "replayed": 0, "over": None} for peer in matches
        }

    def play(self) -> dict[int, dict[str, Any]]:
        now = 0.0
        for match in self.matches.values():
            match.meet(now)
        while now < LONGEST and not all(told["over"] for told in self.told.values()):
            now += STEP
            while self.under_way and self.under_way[0][0] <= now:
                _, _, source, target, tag, data = heapq.heappop(self.under_way)
                match = self.matches[target]
                (match.receive_control if tag else match.receive)(source, data, now)
            for peer, match in self.matches.items():
                self.advance(peer, match, now)
        return self.told

    def advance(self, peer: int, match: Any, now: float) -> None:
        down = self.keys[(int(now * 5) + peer) % len(self.keys)]
        packet = json.loads(match.advance(now, json.dumps({"down": down, "pressed": [], "focused": True})))
        assert "error" not in packet, packet["error"]["detail"]
        told = self.told[peer]
        told["replayed"] += packet["rollback"]
        told["digests"] += [(head["episode"], head["digest"]) for head in packet["chunks"]]
        for position, head in enumerate(packet["chunks"]):
            told["chunks"].append((head["episode"], head, b64encode(match.chunk(position)).decode()))
        for event in packet["events"]:
            if event["type"] == "prepared":
                match.ready(now)
            elif event["type"] == "episode_ended":
                told["ends"].append((event["end"]["frames"], event["end"]["end_reason"]))
            elif event["type"] == "ended":
                told["over"] = event["reason"]
        for target, tag, data in frames_of(match.outgoing()):
            if target in self.matches and (tag or self.rng.random() >= LOSS):
                arrival = now + DELAY * self.rng.uniform(0.8, 1.2)
                heapq.heappush(self.under_way, (arrival, next(self.order), peer, target, tag, data))


def frames_of(blob: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(blob):
        peer, tag, size = unpack_from(">BBH", blob, at)
        yield peer, tag, blob[at + 4 : at + 4 + size]
        at += 4 + size
