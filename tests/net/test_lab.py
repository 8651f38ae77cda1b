"""The lab itself: a line is as bad as it is meant to be, and a router gives every connection another port."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.net.lab import SERVER_ADDRESS, Home, Lab
from tests.net.shaping import Line, Network


@contextmanager
def answering(namespace: str) -> Iterator[None]:
    command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "tests.net.echo"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield
    finally:
        process.terminate()
        process.communicate(timeout=5)


def asked(home: Home, address: str, count: int = 300) -> dict[str, float]:
    command = ["ip", "netns", "exec", home.namespace, sys.executable, "-m", "tests.net.echo", address, str(count)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    trips: dict[str, float] = json.loads(found.stdout)
    return trips


def test_a_line_does_to_packets_what_it_is_told() -> None:
    line = Line(Network(delay=0.05, jitter=0.01, loss=0.1), draw=random.Random(1))
    delays = [at - 7 for _ in range(10_000) if (at := line.arrival(7)) is not None]
    assert 8_800 < len(delays) < 9_200
    assert 0.04 <= min(delays) < 0.041 and 0.059 < max(delays) <= 0.06


def test_a_line_delays_and_loses_as_it_is_told_in_both_directions() -> None:
    with Lab(homes=2) as lab:
        one, other = lab.homes
        with answering(other.namespace):
            clean = asked(one, other.address)
            lab.between(one, other, Network(delay=0.05, jitter=0.01, loss=0.1))
            bad = asked(one, other.address)
            lab.between(one, other)
            lab.cut(one, other, 60)
            cut = asked(one, other.address, 20)
    assert clean["back"] == 1
    assert bad["median_s"] > 0.09, "a busy machine adds to it, and nothing takes from it"
    assert 0.65 < bad["back"] < 0.95  # 0.81 of both directions together
    assert cut["back"] == 0


def test_homes_behind_routers_reach_the_server_and_not_each_other() -> None:
    with Lab(homes=2, nat=True) as lab:
        one, other = lab.homes
        with answering(lab.server_namespace), answering(other.namespace):
            assert asked(one, SERVER_ADDRESS, 20)["back"] == 1
            assert asked(one, other.address, 20)["back"] == 0


def test_nothing_is_left_behind() -> None:
    with Lab(homes=1) as lab:
        names = {lab.server_namespace, lab.homes[0].namespace}
    listed = subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True).stdout
    assert not names & {line.split()[0] for line in listed.splitlines() if line}
