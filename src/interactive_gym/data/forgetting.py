"""A person is forgotten: in the store, in the files written from it and in the log, so that the bytes are gone too.

What is to be done in the files is noted in the folder before the store is changed, and the note removed at the end: if
the process is killed in between, the next one goes on where it was.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError

from interactive_gym.data import archives, claim, pictures
from interactive_gym.data.database import Database, Sqlite, from_environment, of_study
from interactive_gym.data.erasing import GONE, Plan, erase, find, in_json, plan, replace_in
from interactive_gym.data.files import Files
from interactive_gym.data.flat import replacing
from interactive_gym.data.store import Store
from interactive_gym.data.study_folder import STORE, opened
from interactive_gym.errors import ConfigError, ServerError

NOTE = "forgetting.json"
LOG = "server.log"
_OWNER_ONLY = 0o600
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Done:
    """
    Attributes:
        exports: Folders that were exported before, and may still have them.
        mentions: Other files in which they are still named: nothing of ours writes these.
    """

    exports: Sequence[Path]
    mentions: Sequence[Path]


def planned(folder: Path, who: str) -> Plan | None:
    """What would be removed of a participant, by their id or by what the platform calls them. Nothing is changed.

    Returns:
        None: They are out of the store, and an earlier :func:`forget` was interrupted before the files were done.

    Raises:
        ConfigError: There is no such study, or nobody of this name in it.
    """
    with opened(folder) as study:
        found = study.read(lambda connection: find(connection, who))
        if found is not None:
            return study.read(lambda connection: plan(connection, found))
    note = _noted(folder)
    if note and who in note["replaced"]:
        return None
    raise ConfigError(f"There is no participant {who!r} in {folder}. Perhaps they were forgotten already.")


def forget(folder: Path, who: str) -> Done:
    """Removes a participant, by their id or by what the platform calls them, from the study in ``folder``.

    Raises:
        ConfigError: There is no such study, or nobody of this name in it.
        ServerError: A server is using the study, or something could not be written. Said again, it goes on.
    """
    folder = folder.absolute()
    intended = planned(folder, who)
    place = of_study(folder, None if (folder / STORE).exists() else from_environment())
    with _held(folder, place):
        if before := _noted(folder):
            done = _clean(folder, place, before)
        if intended is not None:
            done = _clean(folder, place, _erase(folder, place, intended))
    return done


@contextmanager
def _held(folder: Path, place: Database) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(claim.claimed(folder))
            stack.enter_context(place.claimed())
        except ServerError as error:
            raise ServerError(f"{folder} is in use by its server. Stop that first: it would write on.") from error
        yield


def _noted(folder: Path) -> dict[str, Any] | None:
    path = folder / NOTE
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _erase(folder: Path, place: Database, intended: Plan) -> Mapping[str, Any]:
    pseudonym = f"p-{secrets.token_hex(8)}"  # of the form of all ids, and not made of theirs
    replaced = {intended.participant_id: pseudonym, **dict.fromkeys(intended.words, GONE)}
    note = {"replaced": replaced, "sessions": [game.session_id for game in intended.alone]}
    with replacing(folder / NOTE, mode=_OWNER_ONLY) as file:
        json.dump(note, file)
    store = Store(place)
    try:
        store.submit(lambda connection: erase(connection, intended, pseudonym)).result()
    except BaseException:
        (folder / NOTE).unlink()  # nothing has been changed
        raise
    finally:
        store.close()
    return note


def _clean(folder: Path, place: Database, note: Mapping[str, Any]) -> Done:
    """Said again, it changes nothing."""
    try:
        for session_id in note["sessions"]:
            for path in folder.glob(f"*/{quote(session_id)}"):
                shutil.rmtree(path)
        for draft in folder.rglob(".*.new"):
            draft.unlink()
        _rewrite(folder, place)
        _scrub_log(folder / LOG, note["replaced"])
        _compact(place)
    except (OSError, SQLAlchemyError, sqlite3.Error) as error:
        raise ServerError(f"They are out of the store, but not of all files: {error}. Say it again.") from error
    (folder / NOTE).unlink()
    exports = sorted(path for path in folder.glob("export*") if path.is_dir())
    elsewhere = {*exports, folder / archives.FOLDER, folder / pictures.FOLDER}  # these are older than any participant
    others = (path for path in sorted(folder.rglob("*")) if path.is_file() and not {*path.parents} & elsewhere)
    return Done(exports, [path for path in others if _names(path, note["replaced"])])


@dataclass
class _Failures:
    """The log of the files: what could not be written."""

    found: list[str] = field(default_factory=list)

    def error(self, event: str, **fields: Any) -> None:
        self.found.append(f"{event}: {fields.get('work')} {fields.get('arguments')}")

    def warning(self, event: str, **fields: Any) -> None:
        """Nothing that stops anybody."""


def _rewrite(folder: Path, place: Database) -> None:
    failures, store = _Failures(), Store(place)
    try:
        Files(store, folder, failures).close()
    finally:
        store.close()
    if failures.found:
        raise OSError("; ".join(failures.found))


def _scrub_log(path: Path, replaced: Mapping[str, str]) -> None:
    """Lines about them go; in others, they are called otherwise."""
    if not path.exists():
        return
    (participant_id, *_) = replaced
    forms = {form: new for word, new in replaced.items() for form in in_json(word)}
    with path.open(encoding="utf-8", errors="replace") as before, replacing(path) as after:
        for line in before:
            if f'"participant_id": "{participant_id}"' not in line:
                after.write(replace_in(line, forms))


def _compact(place: Database) -> None:
    """What was deleted is overwritten: a database only marks it as free."""
    if not isinstance(place, Sqlite):
        engine = place.engine(writes=False)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM FULL")
        engine.dispose()
        return
    with closing(sqlite3.connect(place.path, timeout=30, isolation_level=None)) as raw:
        raw.execute("PRAGMA secure_delete = ON")
        raw.execute("VACUUM")
        ((is_busy, *_),) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if is_busy:
        raise OSError(f"another program reads {place.path}")


def _names(path: Path, replaced: Mapping[str, str]) -> bool:
    """Whether any of these words is among the bytes of a file, and no part of a longer one."""
    forms = [form.encode() for word in replaced for form in in_json(word)]
    word = re.compile(rb"(?<![\w-])(?:" + b"|".join(map(re.escape, forms)) + rb")(?![\w-])")
    overlap, tail = max(map(len, forms)) + 2, b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            block = tail + block
            if word.search(block):
                return True
            tail = block[-overlap:]
    return False
