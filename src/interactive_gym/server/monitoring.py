"""Whether a player may go on, by what is seen of them while they play; decided without clock, store or network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interactive_gym.scenes.monitoring import Monitoring
from interactive_gym.server.lifecycle import Outcome
from interactive_gym.server.rtts import Sample

PING, HIDDEN, CALLBACK = "max_ping", "hidden", "callback"
APART_S = 2.5  # pings that come closer together, as those of a new connection do, are one look at the line

WARNINGS = {
    PING: "Your connection has become slow. If it stays so, you cannot go on with the game.",
    HIDDEN: "Please come back to the game. If you stay away, it ends for you.",
}
_SLOW = (
    "<p>The connection between you and our server has become too slow for this game. "
    "What you have done so far is stored.</p>"
)
PARTNER_TEXT = (
    "<p>Your partner had to leave the game, and it cannot go on without them. This is not your fault. "
    "What you have done so far is stored.</p>"
)


@dataclass(frozen=True)
class Warn:
    """The player is told that exclusion is near."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Exclude:
    """The player is taken out of the game. ``body`` is what their last page says; None: what it says otherwise."""

    reason: str
    detail: str
    body: str | None = None

    @property
    def outcome(self) -> Outcome:
        return Outcome.FOCUS_TIMEOUT if self.reason == HIDDEN else Outcome.EXCLUDED


class Monitor:
    """Watches one player in one game, from ``now`` on; what was before it does not count."""

    def __init__(self, rules: Monitoring, now: float) -> None:
        self._rules, self.since = rules, now
        self._warned: set[str] = set()  # and not been better since

    def decide(
        self, now: float, samples: Sequence[Sample], unanswered_s: float, away_since: float | None
    ) -> Warn | Exclude | None:
        """
        Args:
            samples: Fresh pings, in order.
            unanswered_s: For how long a ping has been waiting for its answer.
            away_since: Since when they have not looked at the game; None: they do.
        """
        away_s = 0.0 if away_since is None else now - max(away_since, self.since)
        return self._of_looking(away_s) or self._of_pings(samples, unanswered_s)

    def _of_looking(self, away_s: float) -> Warn | Exclude | None:
        warn, exclude = self._rules.hidden_warn_after, self._rules.hidden_exclude_after
        detail = f"{away_s:.0f} s"
        if exclude is not None and away_s >= exclude:
            return Exclude(HIDDEN, detail)
        return self._warn(HIDDEN, detail, is_due=warn is not None and away_s >= warn)

    def _of_pings(self, samples: Sequence[Sample], unanswered_s: float) -> Warn | Exclude | None:
        most = self._rules.max_ping
        if most is None:
            return None
        pings = [sample.ms for sample in spaced(samples, self.since)]
        if unanswered_s * 1000 > most:
            pings.append(unanswered_s * 1000)
        latest = pings[-self._rules.ping_window :]
        slow = sum(ping > most for ping in latest)
        detail = f"{slow} of {len(latest)} pings above {most:g} ms"
        if slow >= self._rules.ping_violations:
            return Exclude(PING, detail, _SLOW)
        return self._warn(PING, detail, is_due=slow * 2 >= self._rules.ping_violations)

    def _warn(self, reason: str, detail: str, *, is_due: bool) -> Warn | None:
        """Once, until it has been better."""
        if not is_due:
            self._warned.discard(reason)
            return None
        if reason in self._warned:
            return None
        self._warned.add(reason)
        return Warn(reason, detail)


def spaced(samples: Sequence[Sample], since: float) -> list[Sample]:
    """Those that came at ``since`` or later, and not right after another one."""
    kept: list[Sample] = []
    for sample in samples:
        if sample.at >= since and (not kept or sample.at - kept[-1].at >= APART_S):
            kept.append(sample)
    return kept


def window_s(rules: Monitoring, every_s: float) -> float:
    """For how long a ping counts, where one is measured every so often: as long as the window, and one more."""
    return (rules.ping_window + 1) * every_s
