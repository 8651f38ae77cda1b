"""Whether a participant plays on alone."""

from __future__ import annotations

from interactive_gym.netcode import Config, Phase, Session
from interactive_gym.netcode.returning import CATCHING_UP

PARTNER_LEFT = "partner_left"


def patience_of(config: Config) -> float | None:
    """For how many seconds somebody who is alone waits for the others to come back; None: the game goes on alone.

    The server says earlier who does not come back, unless it is gone itself. Where a game ends for all with the first
    who is gone, the session itself sees to that; where a policy takes over, it is played to its end.
    """
    return CATCHING_UP * config.return_timeout + config.server_timeout if config.on_leave == "smaller" else None


class Desertion:
    """Ends a session in which nobody is left but this peer: at once if nobody may come back, else after a while.

    Until then it goes on, as those who come back are let in by those who play. Whoever plays with bots only was never
    left.
    """

    def __init__(self, session: Session, peer: int, patience: float | None) -> None:
        self._session, self._patience = session, patience
        self._alone = frozenset({peer})
        self._had_others = session.present != self._alone
        self._since: float | None = None
        self.is_final = False

    def watch(self, now: float) -> None:
        """Look who is there."""
        session = self._session
        is_over = session.phase in (Phase.AWAY, Phase.ENDED)
        if self._patience is None or not self._had_others or is_over or session.present != self._alone:
            self._since = None
            return
        self._since = now if self._since is None else self._since
        if not session.may_return or now - self._since > self._patience:
            self.is_final = True
            session.leave(now)
