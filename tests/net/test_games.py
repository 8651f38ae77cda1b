"""Two people in two homes with a bad line between them: one world, whatever the line does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import PATIENCE_S, Participant, Server, wait_for
from tests.net.playing import Fingers, figures, full, play_through, shows, until_connected
from tests.net.shaping import Network

PAIR = Path(__file__).parents[2] / "benchmarks" / "studies" / "overcooked_pair.py"
SECONDS = "60" if os.environ.get("NETWORKS") else "15"


def begin(people: list[Participant]) -> None:
    for person in people:
        person.press_primary()


def until_playing(people: list[Participant]) -> None:
    for person in people:
        person.until(lambda person=person: person.frames, "the first frame")  # type: ignore[misc]


def found(server: Server) -> dict[str, Any]:
    """The figures of one episode that is the same on both sides."""
    (episode,) = server.settled(1)
    assert episode["parity"] == "identical"
    return figures(server, 30)


def ends(server: Server) -> set[str]:
    """What the ends of the direct connection were; nothing where there was none."""
    links = server.links(2)
    return {row[end] for row in links for end in ("own_end", "partner_end")}


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(Network(0.1, 0.03, 0.05), id="100+-30 ms, 5 % loss"),
        pytest.param(Network(0.05, 0, 0.2), id="50 ms, 20 % loss", marks=full),
        pytest.param(Network(0.05), id="50 ms", marks=full),
        pytest.param(Network(0.1), id="100 ms", marks=full),
        pytest.param(Network(0.2), id="200 ms", marks=full),
    ],
)
def test_a_bad_line_changes_nothing_in_the_world(table: Callable[..., Any], network: Network) -> None:
    lab, server, people = table(PAIR, PAIR_SECONDS=SECONDS)
    lab.between(*lab.homes, network)
    begin(people)
    until_connected(people, "direct host")
    play_through(people)
    measured = found(server)
    assert measured["rollbacks"] > 10, "expectations were wrong now and then, else nothing was tried"
    assert ends(server) == {"host udp"}


@pytest.mark.parametrize("burst", [pytest.param(0.5, marks=full), pytest.param(1.0, marks=full), 3.0])
def test_nothing_passes_for_a_while(table: Callable[..., Any], burst: float) -> None:
    lab, server, people = table(PAIR, PAIR_SECONDS=SECONDS)
    begin(people)
    until_playing(people)
    one, other = lab.homes
    cut_at = time.monotonic() + 3

    def over() -> bool:
        nonlocal cut_at
        if time.monotonic() > cut_at:
            lab.cut(one, other, burst)
            cut_at = float("inf")
        return all(shows(person) == "end" for person in people)

    Fingers(people).press_until(over, 2 * PATIENCE_S)
    assert found(server)["rollbacks"] > 0


@pytest.mark.parametrize("seconds", [10, pytest.param(20, marks=full)])
def test_the_direct_way_is_dead_when_they_are_matched(table: Callable[..., Any], seconds: int) -> None:
    lab, server, people = table(PAIR, PAIR_SECONDS="30")
    lab.cut(*lab.homes, 3600)
    begin(people)
    until_connected(people, "server")
    lab.cut(*lab.homes, seconds)
    play_through(people)
    found(server)
    assert all(float(row["server_share"]) > 0 for row in server.links(2)), "the server passed frames on meanwhile"


def test_without_the_servers_help_they_wait_until_the_line_is_back(table: Callable[..., Any]) -> None:
    lab, server, people = table(PAIR, PAIR_SECONDS=SECONDS, PAIR_RELAY="never", PAIR_TIMEOUT="5")
    lab.cut(*lab.homes, 3600)
    begin(people)
    wait_for(lambda: " unmatched " in server.log.read_text(), "a match that comes to nothing")
    lab.cut(*lab.homes, 0)
    until_playing(people)
    play_through(people)
    found(server)


@pytest.mark.parametrize(
    ("secret", "way"), [("right", "relay"), pytest.param(None, "server", marks=full), ("wrong", "server")]
)
def test_behind_routers_that_give_every_connection_another_port(
    table: Callable[..., Any], secret: str | None, way: str
) -> None:
    environ = {"PAIR_SECONDS": SECONDS}
    if secret is not None:
        environ |= {"PAIR_TURN": "turn:10.77.0.1:3478?transport=udp", "PAIR_TURN_SECRET": secret}
    _, server, people = table(PAIR, nat=True, turn="right" if secret else None, **environ)
    begin(people)
    until_connected(people, "direct" if way == "relay" else way)
    play_through(people)
    found(server)
    if way == "relay":
        assert "relay udp" in ends(server), "the address of one of them is enough"
    else:
        assert ends(server) == {""}
    refused = [one for one in server.events() if one["name"] == "turn_refused"]
    assert bool(refused) == (secret == "wrong")
