"""A study of which nobody can be told who took part: what is left out, what is replaced, what stays.

Participants get numbers in the order in which they arrived, over the whole study. Of texts, only those stay that are
ours or one of a form's choices; whatever a person may have typed, and what tells browsers apart, is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from interactive_gym.data.schema import participants
from interactive_gym.export.forms import Fields

REMOVED = "[removed]"
_LEFT_OUT = {"platform_ids.csv", "completion_codes.csv", "console.jsonl"}
_EMPTIED = {"screenings.csv": ("detail", "browser_version", "os", "screen_width", "screen_height", "languages")}
_TYPED = ("message", "attribute_set", "attribute_cut", "answered_again")  # events whose data people may have written
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)  # a name of ours, as reasons are
_ID = re.compile(r"p-[0-9a-f]{16}")

Rows = Iterable[Sequence[Any]]


class Anonymous:
    """
    Args:
        fields: Scene -> the elements of its form.
    """

    def __init__(self, connection: Connection, fields: Mapping[str, Fields]) -> None:
        query = select(participants.c.id).order_by(participants.c.arrived_at, participants.c.id)
        ids = connection.execute(query).scalars().all()
        digits = max(4, len(str(len(ids))))
        self._names = {one: f"participant-{number:0{digits}}" for number, one in enumerate(ids, 1)}
        self._fields = fields

    def has(self, file: str) -> bool:
        """Whether any of this table may be exported."""
        return file not in _LEFT_OUT

    def name_of(self, participant_id: str) -> str:
        """The same wherever this participant is named in the export."""
        return self._names.get(participant_id, REMOVED)

    def table(self, file: str, header: Sequence[str], rows: Rows) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """The table without what tells who somebody is; its columns stay."""
        return header, ([*self._line(file, dict(zip(header, row, strict=True))).values()] for row in rows)

    def _line(self, file: str, line: dict[str, Any]) -> dict[str, Any]:
        line |= dict.fromkeys(set(_EMPTIED.get(file, ())) & set(line))
        if file == "responses.csv":
            line["value"] = self._answer(line["scene_id"], line["name"], line["value"])
        elif file == "attributes.csv":
            line["value"] = _number(line["value"])
        elif file == "events.jsonl":
            line = _event(line)
        elif file == "matches.jsonl":
            line["candidates"] = [{**one, "attributes": {}} for one in line["candidates"]]
        return {name: self._renamed(value) for name, value in line.items()}

    def _answer(self, scene_id: str, name: str, value: Any) -> Any:
        field = self._fields.get(scene_id, {}).get(name)
        if not value or (field is not None and field.allows(value)):
            return value
        return REMOVED

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._names.get(value) or _ID.sub(lambda found: self.name_of(found[0]), value)
        if isinstance(value, dict):
            return {self._renamed(key): self._renamed(item) for key, item in value.items()}
        return [self._renamed(item) for item in value] if isinstance(value, list) else value


def _number(value: Any) -> Any:
    """Texts of attributes come from links, answers and hooks."""
    return REMOVED if isinstance(value, str) else value


def _event(line: dict[str, Any]) -> dict[str, Any]:
    data = {} if line["name"] in _TYPED else _words(line["data"])
    reason = line["reason"] if _WORD.fullmatch(line["reason"]) else REMOVED
    return {**line, "reason": reason, "data": data, "detail": None}


def _words(value: Any) -> Any:
    """Numbers, and texts that are names of ours or of scenes, sessions and participants."""
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) or _ID.fullmatch(value) or value.startswith("s-") else REMOVED
    if isinstance(value, dict):
        return {key: _words(item) for key, item in value.items()}
    return [_words(item) for item in value] if isinstance(value, list) else value
