"""What the tests of whole matches share."""

from __future__ import annotations

from typing import Any

from interactive_gym.netcode.events import EpisodeEnded
from interactive_gym.netcode.testing import (
    Conditions,
    Links,
    Report,
    Scenario,
    ToyGame,
    config_of,
    run_match,
)

ORDINARY = Links(Conditions(delay=0.05, jitter=0.02, loss=0.02, duplication=0.01, reordering=0.01))
"""A connection between two homes that is none of the best."""

START = 3.0
"""Seconds after which a match has begun on :data:`ORDINARY` links."""


def scenario(peers: int = 2, frames: int = 300, fps: float = 30, **changes: Any) -> Scenario:
    """A match on ordinary links; ``changes`` are attributes of the scenario, or else of its config."""
    ours = {name: changes.pop(name) for name in list(changes) if name in Scenario.__dataclass_fields__}
    config = config_of(peers, fps, **changes)
    usual: dict[str, Any] = {"links": ORDINARY, "game": ToyGame(len(config.players), frames)}
    return Scenario(config, **(usual | ours))


def play(peers: int = 2, frames: int = 300, **changes: Any) -> Report:
    """Play it; the oracle has nothing to object to."""
    return passed(run_match(scenario(peers, frames, **changes)))


def passed(report: Report) -> Report:
    """A report to which the oracle did not object."""
    assert not report.problems, report
    return report


def ends(report: Report, episode: int = 0) -> dict[tuple[int, int], tuple[str, int]]:
    """How an episode ended for each process, by (peer, process): reason, and number of rows."""
    return {
        (peer.number, peer.boot): (record.ended.reason if record.ended else "", len(record.rows))
        for peer, record in report.records(episode)
    }


def first(report: Report, kind: type[Any], peer: int | None = None) -> float:
    """When (true seconds) an event of some kind was seen first, by anybody or by ``peer``."""
    return next(seen.at for who, seen in report.events(kind) if peer in (None, who.number))


def reasons(report: Report) -> set[str]:
    """All reasons for which episodes ended anywhere."""
    return {seen.event.reason for _, seen in report.events(EpisodeEnded)}
