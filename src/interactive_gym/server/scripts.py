"""What the scripts of the researcher's pages say. Like ``study``, all of it runs inside one write of the store."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from interactive_gym.data import events
from interactive_gym.data.occasions import MESSAGE
from interactive_gym.errors import ClientError
from interactive_gym.protocol import Attribute, Attributes, Message
from interactive_gym.server import known
from interactive_gym.server.study import Study

MOST_SAID = 2_000
"""Messages, and attributes set, of one participant's pages: each is a row that stays. One in 2 s for an hour."""

MOST_NESTED = 20
"""Lists in lists in a message: what is read at the edge of its depth here could not be read elsewhere."""


@dataclass(frozen=True)
class Scripts:
    study: Study

    def say(self, connection: Connection, participant_id: str, message: Message, now: float) -> None:
        """A message for the hooks.

        Raises:
            ClientError: ``wrong_scene``, ``malformed``, or ``too_many``.
        """
        self._check(connection, participant_id, message.scene_id)
        try:
            data = msgspec.json.decode(message.data)
        except (msgspec.MsgspecError, RecursionError) as problem:
            raise ClientError("malformed", str(problem)) from None
        if not _is_flat(data, MOST_NESTED):
            raise ClientError("malformed", f"it is nested more than {MOST_NESTED} deep")
        events.record(
            connection,
            MESSAGE,
            reason=message.name,
            severity="info",
            now=now,
            participant_id=participant_id,
            data={"scene_id": message.scene_id, "name": message.name, "data": data},
        )

    def set(self, connection: Connection, participant_id: str, message: Attribute, now: float) -> Attributes:
        """An attribute of the participant.

        Raises:
            ClientError: ``wrong_scene``, ``not_allowed``, ``malformed``, ``too_large``, or ``too_many``.
        """
        self._check(connection, participant_id, message.scene_id)
        return known.set_by_page(connection, self.study.experiment.known, participant_id, message, now)

    def _check(self, connection: Connection, participant_id: str, scene_id: str) -> None:
        if self.study.known(connection, participant_id).scene_id != scene_id:
            raise ClientError("wrong_scene", f"the participant is not in scene {scene_id!r}")
        said = events.count(connection, participant_id, MESSAGE)
        said += events.count(connection, participant_id, "attribute_set", reason=known.BY_PAGE)
        if said >= MOST_SAID:
            raise ClientError("too_many", f"the pages of a participant say no more than {MOST_SAID} things")


def _is_flat(value: object, deepest: int) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    items = value.values() if isinstance(value, dict) else value
    return deepest > 0 and all(_is_flat(one, deepest - 1) for one in items)
