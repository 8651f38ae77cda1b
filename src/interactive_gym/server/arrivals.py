"""What the screening stores of those who arrive. Like ``study``, all of it runs inside one write of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection

from interactive_gym.callbacks import ScreeningContext
from interactive_gym.data import attributes, events, people, screenings
from interactive_gym.protocol import Measured, Page
from interactive_gym.scenes.attributes import Value
from interactive_gym.scenes.screening import Screening
from interactive_gym.server import screening
from interactive_gym.server.endings import finish
from interactive_gym.server.lifecycle import Outcome, State, Step, after
from interactive_gym.server.screening import Finding
from interactive_gym.server.study import Study


@dataclass(frozen=True)
class Arrivals:
    """The participants of a study who are on its first page."""

    study: Study
    rules: Screening

    def begin(self, connection: Connection, participant_id: str) -> None:
        """Their page has said what it found. What was decided before, of an earlier page, no longer counts.

        Raises:
            ClientError: ``not_now``; they have begun, or are done.
        """
        who = self.study.known(connection, participant_id)
        people.place(connection, replace(who, state=after(who.state, Step.SCREEN)))

    def context(
        self, connection: Connection, participant_id: str, measured: Measured, pings_ms: Sequence[float]
    ) -> ScreeningContext:
        """What the callback is told."""
        who = self.study.known(connection, participant_id)
        found = msgspec.structs.asdict(measured) | {"languages": tuple(measured.languages)}
        return ScreeningContext(
            participant_id=who.id,
            subject_id=who.subject_id,
            query=people.query_of(connection, who.id),
            attributes=attributes.of(connection, who.id),
            pings_ms=tuple(pings_ms),
            **found,
        )

    def conclude(
        self,
        connection: Connection,
        participant_id: str,
        measured: Measured,
        pings_ms: Sequence[float],
        finding: Finding,
        changes: Mapping[str, Value],
        now: float,
    ) -> Page | None:
        """Stores what was found and decided.

        Returns:
            The page that they see now: their last one, or the first one, whose button may be pressed. None: they have
            ended otherwise meanwhile.
        """
        who = self.study.known(connection, participant_id)
        if who.state != State.SCREENING:
            return None
        found = msgspec.to_builtins(measured) | {"pings_ms": [round(ping, 1) for ping in pings_ms]}
        is_in, rule, detail = finding.is_accepted, finding.rule, finding.detail
        screenings.add(connection, who.id, found, accepted=is_in, reason=rule, detail=detail, now=now)
        self._set(connection, who.id, changes, now)
        if finding.is_accepted:
            people.place(connection, replace(who, state=after(who.state, Step.ADMIT)))
        else:
            body, why = screening.message(self.rules, finding, measured), {"detail": finding.detail}
            step, outcome = Step.TURN_AWAY, Outcome.SCREENED_OUT
            finish(
                connection, self.study.experiment, who, step, outcome, reason=finding.rule, now=now, body=body, data=why
            )
        return self.study.page(connection, who.id)

    def _set(self, connection: Connection, participant_id: str, changes: Mapping[str, Value], now: float) -> None:
        try:
            attributes.put(connection, participant_id, changes, source="screening", now=now)
        except ValueError as problem:
            self.note_failure(connection, participant_id, "bad_attributes", str(problem), now)

    def note_failure(self, connection: Connection, participant_id: str, reason: str, detail: str, now: float) -> None:
        """The callback could not be asked."""
        events.record(
            connection,
            "screening_failed",
            reason=reason,
            severity="error",
            now=now,
            participant_id=participant_id,
            detail=detail,
        )
