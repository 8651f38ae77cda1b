"""What two members of a match tell each other until their browsers are connected, and whenever they have to be again.

The server hands it on and looks at nothing but who may say it to whom. A connection that flaps loses nothing: what came
for somebody who was away for a moment is kept for as long as it may still matter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import msgspec

from interactive_gym.errors import ClientError
from interactive_gym.protocol import Signal
from interactive_gym.server.limits import Limiter, Rate

# A page has some twenty candidates per partner and offer; in a mesh of four it offers to three at once, and once more
# whenever a link is lost.
SIGNALS = Rate(per_second=20, burst=200)
UNIT = 4_000  # characters; a longer one counts as several
KEPT = 64  # for one member who is away
KEPT_S = 15.0  # by then the sender has begun anew


class Signals:
    """Rate and memory of all signals."""

    def __init__(self) -> None:
        self._limiter = Limiter(SIGNALS)
        self._kept: dict[str, deque[tuple[float, Signal]]] = {}

    def admit(self, participant_id: str, signal: Signal, now: float) -> None:
        """
        Raises:
            ClientError: ``too_fast``.
        """
        self._limiter.spend(participant_id, now, 1 + len(signal.data) // UNIT)

    def keep(self, participant_id: str, signal: Signal, now: float) -> None:
        """For when they are back; of too many the oldest go, which a newer one has most likely made void."""
        self._kept.setdefault(participant_id, deque(maxlen=KEPT)).append((now, signal))

    def kept(self, participant_id: str, now: float) -> list[Signal]:
        """What was kept for them, in order; it is kept no longer."""
        return [signal for at, signal in self._kept.pop(participant_id, ()) if now - at <= KEPT_S]

    def forget(self, participant_id: str) -> None:
        """Their match is over."""
        self._kept.pop(participant_id, None)


def forwarded(signal: Signal, session_id: str, sender: int, members: Mapping[int, str]) -> tuple[str, Signal]:
    """Who gets it, and what they get.

    Args:
        signal: As the sender said it.
        session_id: Of the sender's match.
        sender: Their peer in it.
        members: Peer -> participant.

    Raises:
        ClientError: ``not_your_session``, or ``malformed``: there is no such other member.
    """
    if signal.session_id != session_id:
        raise ClientError("not_your_session", f"{signal.session_id} is not the session of this participant")
    if signal.peer == sender or signal.peer not in members:
        raise ClientError("malformed", f"there is no other peer {signal.peer} in this match")
    return members[signal.peer], msgspec.structs.replace(signal, peer=sender)
