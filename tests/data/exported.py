"""Exports of the generated study, and reading them."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from interactive_gym.export import FORMATS, Wish, export

T = TypeVar("T")


def no_bar(items: Iterable[T], name: str, total: int) -> Iterable[T]:
    return items


def exported(study: Path, to: Path, *formats: str, **wishes: Any) -> dict[str, Path]:
    """Format -> its folder."""
    written = export(Wish(study, formats or tuple(FORMATS), to, **wishes), no_bar, lambda text: None)
    return {folder.name: folder for folder in written}


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def make_overcooked(study: Path) -> None:
    """From now on, the kitchens of this study are those of Overcooked."""
    with closing(sqlite3.connect(study / "study.db")) as store, store:
        found = store.execute("select id, game from sessions where scene_id = 'kitchen'").fetchall()
        for session, game in found:
            changed = {**json.loads(game), "environment": "overcooked:make_env", "options": {"layout": "cramped_room"}}
            store.execute("update sessions set game = ? where id = ?", (json.dumps(changed), session))
