"""Which stamps a peer may vote for, and what belongs to one."""

from __future__ import annotations

from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.link import AHEAD
from interactive_gym.netcode.messages import Settle, Stamp
from interactive_gym.netcode.shared import Shared

MOST_STAMPS = 2**30
"""Whoever names a higher number would leave none for others."""


def may_stamp(shared: Shared, peer: int, stamp: Stamp) -> bool:
    """Whether ``stamp``, which came from ``peer``, is one that can come true, of somebody who knows who was cut."""
    peers = shared.config.peers
    is_near = stamp.frame <= max(shared.timeline.head, shared.timeline.final) + AHEAD
    if not is_near or stamp.number > MOST_STAMPS or stamp.turns != tuple(shared.turns[p] for p in peers):
        return False
    if shared.phase is Phase.AWAY:  # then the sender knows better who is there
        return stamp.peer == shared.me and {peer} <= set(stamp.present) <= set(peers)
    is_absent = stamp.peer in set(peers) - shared.present
    return peer == shared.coordinator and (is_absent or stamp.change != "present")


def is_about(stamp: Stamp, settle: Settle) -> bool:
    """Whether ``settle`` says that this very ``stamp`` is valid."""
    what = (stamp.number, stamp.frame, stamp.change, stamp.peer)
    return what == (settle.number, settle.frame, settle.change, settle.peer)
