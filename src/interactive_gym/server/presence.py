"""Who is connected, and in which tab: one live connection per participant."""

from __future__ import annotations

from dataclasses import dataclass

from interactive_gym.errors import ClientError


@dataclass(frozen=True)
class Connected:
    participant_id: str
    sid: str  # Socket.IO's name of the connection
    tab: str


class Presence:
    def __init__(self) -> None:
        self._by_participant: dict[str, Connected] = {}
        self._by_sid: dict[str, Connected] = {}

    def claim(self, newcomer: Connected, *, takeover: bool) -> str | None:
        """``newcomer`` is the participant's connection from now on. Returns the sid of the one that it replaces.

        A tab replaces itself without asking: it was reloaded, and its old connection may not have noticed yet.

        Raises:
            ClientError: ``other_tab``; another one is connected, and ``takeover`` was not asked for.
        """
        holder = self._by_participant.get(newcomer.participant_id)
        if holder and holder.tab != newcomer.tab and not takeover:
            raise ClientError("other_tab", "the participant is connected in another tab")
        self._by_participant[newcomer.participant_id] = self._by_sid[newcomer.sid] = newcomer
        return holder.sid if holder else None

    def release(self, sid: str) -> Connected | None:
        """The connection is gone. Returns whose it was."""
        gone = self._by_sid.pop(sid, None)
        if gone and self._by_participant.get(gone.participant_id) == gone:
            del self._by_participant[gone.participant_id]
        return gone

    def who(self, sid: str) -> Connected:
        """Whose connection this is.

        Raises:
            ClientError: ``other_tab``; it was taken over, and what it still sends does not count.
        """
        connected = self._by_sid.get(sid)
        if connected is None or self._by_participant.get(connected.participant_id) != connected:
            raise ClientError("other_tab", "another tab has taken over")
        return connected

    def check_not_replaced(self, who: Connected) -> None:
        """Refuses what was said by a connection that another one has replaced since; it may be gone.

        Raises:
            ClientError: ``other_tab``.
        """
        if self._by_participant.get(who.participant_id, who) != who:
            raise ClientError("other_tab", "another tab has taken over")

    def sender(self, sid: str) -> str | None:
        """The participant whose connection this is, or was before another tab took over."""
        connected = self._by_sid.get(sid)
        return connected.participant_id if connected else None

    def check_tab(self, participant_id: str, tab: str) -> None:
        """Refuses a tab that is not the connected one, where one is.

        Raises:
            ClientError: ``other_tab``.
        """
        holder = self._by_participant.get(participant_id)
        if holder and holder.tab != tab:
            raise ClientError("other_tab", "another tab is connected")

    def holder(self, participant_id: str) -> Connected | None:
        """The connection that the participant has now."""
        return self._by_participant.get(participant_id)

    def connected(self, participant_id: str) -> bool:
        return participant_id in self._by_participant

    def __len__(self) -> int:
        """Open connections, those included that were taken over and are about to be ended."""
        return len(self._by_sid)
