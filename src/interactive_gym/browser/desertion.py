"""Whether a participant plays on alone."""

from __future__ import annotations

from interactive_gym.netcode import Phase, Session

PARTNER_LEFT = "partner_left"


class Desertion:
    """Ends a session in which nobody is left but this peer: at once if nobody may come back, else after a while.

    Until then it goes on, as those who come back are let in by those who play. Whoever plays with bots only was never
    left.
    """

    def __init__(self, session: Session, peer: int, patience: float) -> None:
        self._session, self._patience = session, patience
        self._alone = frozenset({peer})
        self._had_others = session.present != self._alone
        self._since: float | None = None
        self.is_final = False

    def watch(self, now: float) -> None:
        """Look who is there."""
        session = self._session
        is_over = session.phase in (Phase.AWAY, Phase.ENDED)
        if not self._had_others or is_over or session.present != self._alone:
            self._since = None
            return
        self._since = now if self._since is None else self._since
        if not session.may_return or now - self._since > self._patience:
            self.is_final = True
            session.leave(now)
