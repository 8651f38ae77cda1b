"""What a peer tells another one that is slow, far behind, or does not hear."""

from __future__ import annotations

import pytest

from interactive_gym.netcode.config import MAX_INPUT_DELAY, Config
from interactive_gym.netcode.link import Link
from interactive_gym.netcode.pacing import Window
from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.timeline import Replays, Timeline
from interactive_gym.netcode.wire import MAX_BATCH, MAX_DIGEST_AGE, Batch, Datagram, decode

CONFIG = Config(60, (0, 1), (b"\0", b"\0"))
MINE, THEIRS = 0, 1


def a_timeline(head: int, mine: int, theirs: int = 0) -> Timeline:
    """An episode at frame ``head``, with so many inputs of both players, of which no two neighbours are the same."""
    timeline = Timeline(CONFIG, (0, 1), Window(CONFIG.fps, CONFIG.max_window), Replays())
    timeline.head = head
    for player, count in ((MINE, mine), (THEIRS, theirs)):
        for frame in range(count):
            timeline.queues[player].add(frame, Input(bytes([frame % 2])))
    return timeline


def told(timeline: Timeline, link: Link | None = None, digest: tuple[int, bytes] | None = None) -> Datagram:
    """What peer 0 sends to peer 1."""
    return decode((link or Link(1, 0.0)).compose(0, 0, 0, timeline, timeline.confirmed, 0.0, digest, 1.0))


def heard(link: Link, timeline: Timeline, **said: object) -> None:
    """Peer 1 says something."""
    nothing = Datagram(0, 0, 0, -1, 0.0, 0, None, None, (), ())
    link.apply(nothing._replace(**said), timeline, 0, 1.0)  # type: ignore[arg-type]


def test_all_is_sent_that_two_windows_and_two_long_delays_allow_for() -> None:
    most = 2 * (CONFIG.max_window + MAX_INPUT_DELAY)
    sent = told(a_timeline(head=most - MAX_INPUT_DELAY, mine=most)).inputs
    assert [(batch.player, batch.first, len(batch.inputs)) for batch in sent] == [(MINE, 0, most)]


def test_nothing_is_sent_to_somebody_who_misses_more() -> None:
    assert len(told(a_timeline(MAX_BATCH, MAX_BATCH)).inputs) == 1
    assert not told(a_timeline(MAX_BATCH + 1, MAX_BATCH + 1)).inputs


@pytest.mark.parametrize("head", [0, 30_000, 32_767, 32_768, 2**31 - 1])
def test_no_distance_between_peers_is_too_much_for_a_datagram(head: int) -> None:
    timeline = a_timeline(head, mine=3, theirs=400)
    datagram = told(timeline, digest=(max(0, head - 1000), b"four"))
    assert datagram.tick == head
    assert datagram.inputs in ((), (Batch(MINE, 0, timeline.queues[MINE].known(0, 2)),))
    assert datagram.acks in (((THEIRS, 399),), ((THEIRS, -1),))


def test_what_somebody_far_behind_has_is_acknowledged_exactly() -> None:
    assert told(a_timeline(head=0, mine=0, theirs=400)).acks == ((THEIRS, 399),)


def test_what_is_acknowledged_is_not_sent_again_and_no_more_than_that_is_believed() -> None:
    link, timeline = Link(1, 0.0), a_timeline(head=20, mine=23)
    heard(link, timeline, acks=((MINE, 9),))
    heard(link, timeline, acks=((MINE, 4),))
    assert [batch.first for batch in told(timeline, link).inputs] == [10]
    heard(link, timeline, acks=((MINE, 1000),))
    timeline.queues[MINE].add(23, Input(b"\1"))
    assert told(timeline, link).inputs == (Batch(MINE, 23, (Input(b"\1"),)),)


def test_a_digest_goes_without_saying_once_it_is_old() -> None:
    timeline = a_timeline(head=1000, mine=0)
    assert told(timeline, digest=(1000 - MAX_DIGEST_AGE, b"\0\0\1\0...")).digest == (1000 - MAX_DIGEST_AGE, 256)
    assert told(timeline, digest=(999 - MAX_DIGEST_AGE, b"\0\0\1\0...")).digest is None
