"""The named elements of the forms that scenes show, read from their HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

_NUMBERS = ("number", "range")
_CHOICES = ("radio", "checkbox", "select")
_NO_ANSWER = ("button", "submit", "reset", "image", "file", "hidden")


@dataclass
class Field:
    """
    Attributes:
        kind: Type of the input; or ``select``, ``textarea``.
        levels: The values that it offers; those of a text: none.
        label: What stands in its ``<label>``.
        bounds: ``min`` and ``max`` of a number.
    """

    kind: str
    levels: list[str] = field(default_factory=list)
    label: str = ""
    bounds: tuple[str, str] = ("", "")

    @property
    def type(self) -> str:
        if self.kind in _NUMBERS:
            return "number"
        return "choice" if self.kind in _CHOICES else "text"

    def allows(self, value: Any) -> bool:
        """Whether ``value`` is one of its choices, or a number where it asks for one."""
        if isinstance(value, list):
            return all(self.allows(one) for one in value)
        if self.kind in _CHOICES:
            return value in self.levels
        return self.kind in _NUMBERS and _is_number(value)


Fields = Mapping[str, Field]
"""Name of the element -> what it is. What a script of the page makes is not among them."""


def fields_of(body: str) -> dict[str, Field]:
    reader = _Reader()
    reader.feed(body)
    reader.close()
    return reader.finished()


def fields_of_scenes(scenes: Mapping[str, Mapping[str, Any]]) -> dict[str, Fields]:
    """Of each scene with a form.

    Args:
        scenes: As ``scenes/<scene>.json`` has them.
    """
    found = {name: fields_of(str(scene.get("body") or "")) for name, scene in scenes.items()}
    return {name: fields for name, fields in found.items() if fields}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, Field] = {}
        self._labels: list[tuple[set[str], list[str]]] = []  # names or ids of what each belongs to, and its text
        self._open_label: tuple[set[str], list[str]] | None = None
        self._ids: dict[str, str] = {}
        self._select: Field | None = None
        self._option: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "label":
            self._open_label = ({given["for"]} if "for" in given else set(), [])
            self._labels.append(self._open_label)
        elif tag == "option":
            self._end_option()
            self._option = [given["value"]] if "value" in given else []
            self._said = "value" in given
        elif tag in ("input", "select", "textarea") and given.get("name"):
            self._element(tag, given)

    def _element(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text").lower() if tag == "input" else tag
        if kind in _NO_ANSWER:
            return
        name = given["name"]
        found = self._fields.setdefault(name, Field(kind, bounds=(given.get("min", ""), given.get("max", ""))))
        if kind in ("radio", "checkbox"):
            found.levels.append(given.get("value", "on"))
        elif self._open_label is not None:
            self._open_label[0].add(name)
        if "id" in given:
            self._ids[given["id"]] = name
        self._select = found if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            if not self._said:
                self._option.append(data)
        elif self._open_label is not None:
            self._open_label[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._open_label = None
        elif tag == "option":
            self._end_option()
        elif tag == "select":
            self._end_option()
            self._select = None

    def _end_option(self) -> None:
        if self._option is not None and self._select is not None:
            self._select.levels.append(" ".join("".join(self._option).split()))
        self._option = None

    def finished(self) -> dict[str, Field]:
        for owners, words in self._labels:
            for owner in owners:
                found = self._fields.get(self._ids.get(owner, owner))
                if found is not None and found.kind not in ("radio", "checkbox") and not found.label:
                    found.label = " ".join("".join(words).split())
        return self._fields


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
