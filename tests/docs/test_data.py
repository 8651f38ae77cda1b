"""The page on the data has every file, column, event and reason that there is, and no other."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from sqlalchemy import Connection, create_engine

from build_support.columns import generate
from interactive_gym.data import events, files, meetings, tables
from interactive_gym.data.descriptions import described
from interactive_gym.data.episode_files import EXPERIENCE_COLUMNS, MAX_COLUMNS
from interactive_gym.data.parity import Status
from interactive_gym.data.progress import SILENT_S
from interactive_gym.data.provenance import note_start
from interactive_gym.data.schema import SCHEMA_VERSION, metadata
from interactive_gym.export.codebook import HEADER
from interactive_gym.protocol import EpisodeEnd, Failure
from interactive_gym.records.chunks import SOURCES
from interactive_gym.records.rows import FIELDS, MAX_COLUMNS_PER_DICT
from interactive_gym.server import matchlife
from interactive_gym.server.endings import severity_of
from interactive_gym.server.lifecycle import Outcome, State
from interactive_gym.server.monitoring import HIDDEN
from tests.docs.pages import ROOT, headings, in_backticks, page, section, table

PAGE = page("docs/reference/data.md")
FILES = section(PAGE, "## Files")
EVENTS = section(PAGE, "## Events")
SERVER = ROOT / "src" / "interactive_gym" / "server"
DATA = ROOT / "src" / "interactive_gym" / "data"
OTHER_FILES = {"scenes/<scene>.json", "globals.json", "server.log", "study.db", "secret.key"}
EPISODE = ("frame", "t_ms", *FIELDS)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as open_:
        yield open_
    engine.dispose()


def with_a_meeting(connection: Connection) -> Connection:
    meetings.add(connection, meetings.Meeting("game", "FIFO", (), (), "first_come"), None, now=0)
    return connection


def columns_of(connection: Connection, folder: Path) -> dict[str, set[str]]:
    """File -> its columns, from the code that writes it."""
    found = {name: set(write(connection)[0]) for name, write in (files.PUBLIC | files.PRIVATE).items()}
    events.record(connection, "name", reason="reason", severity="info", now=0)
    found["events.jsonl"] = found["console.jsonl"] = set(next(tables.events_lines(connection)))
    found["matches.jsonl"] = set(next(meetings.lines(with_a_meeting(connection))))
    note_start(folder / "provenance.json", experiment_id="study", archive=None, now=0)
    found["provenance.json"] = set(json.loads((folder / "provenance.json").read_text())["starts"][0])
    found["codebook.csv"] = set(HEADER)
    found["ep<k>.csv"] = set(EPISODE)
    found["ep<k>.<player>.experience.csv"] = set(EXPERIENCE_COLUMNS)
    return found


def test_every_column_of_every_file(connection: Connection, tmp_path: Path) -> None:
    columns = columns_of(connection, tmp_path)
    assert set(headings(FILES, 3)) == {*columns, *OTHER_FILES}
    assert {name: set(table(section(FILES, f"### {name}"))) for name in columns} == columns


def test_every_column_has_a_type(connection: Connection, tmp_path: Path) -> None:
    for name in columns_of(connection, tmp_path):
        for column, (type_, *_) in table(section(FILES, f"### {name}")).items():
            assert type_, column
            assert not column.endswith("_ms") or type_ == "number, ms", column
            assert "_ms_" not in column or type_ == "number, ms", column
            assert not column.endswith("_at") or type_.startswith("time"), column


def test_every_file_is_in_the_overview() -> None:
    overview = PAGE.partition("## Conventions")[0]
    for heading in headings(FILES, 3):
        assert heading in overview, heading


def values(kind: type, field: str) -> set[str]:
    return set(get_args(get_type_hints(kind)[field]))


def test_the_values_that_a_column_can_have() -> None:
    participants = table(section(FILES, "### participants.csv"))
    assert set(State) <= in_backticks(participants["state"][-1])
    outcomes = table(section(PAGE, "## Outcomes"))
    assert {outcome: f"`{severity_of(outcome)}`" for outcome in Outcome} == {n: row[0] for n, row in outcomes.items()}
    sessions = table(section(FILES, "### sessions.csv"))
    assert set(matchlife.State) - {matchlife.State.WAITING} == in_backticks(sessions["state"][-1])
    ends = table(section(FILES, "### episodes.csv"))["end_reason"][-1]
    assert values(EpisodeEnd, "end_reason") <= in_backticks(ends)
    assert in_backticks(table(section(FILES, "### ep<k>.csv"))["source"][-1]) >= SOURCES
    parity = table(section(FILES, "### episodes.csv"))["parity"][-1]
    assert in_backticks(parity) == {*get_args(Status), "players.csv"}


def test_numbers_on_the_page() -> None:
    text = " ".join(PAGE.split())
    assert f"It is {SCHEMA_VERSION}, and rises" in text
    assert f"{MAX_COLUMNS_PER_DICT:,} keys" in text
    assert f"{MAX_COLUMNS:,} columns" in text
    assert f"nothing for {SILENT_S:.0f} seconds" in text
    most = re.search(r"MOST_PER_NAME = (\d+)", page("client/src/events.ts"))
    assert most and f"at most {most[1]} events of a name" in text
    lines = re.search(r"MOST_LINES = (\d+)", page("client/src/events.ts"))
    assert lines and f"{lines[1]} lines of each kind of `console.jsonl`" in text


def constant(node: ast.expr | None) -> str | None:
    return str(node.value) if isinstance(node, ast.Constant) else None


def value(node: ast.expr, path: Path) -> str | None:
    """What a literal, or a name of the module at ``path``, stands for; None for what a call decides."""
    module = importlib.import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
    try:
        found = eval(ast.unparse(node), vars(module))
    except NameError:
        return None
    return str(found) if isinstance(found, str) else None


def calls(path: Path, *functions: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in functions:
            yield node


def recorded_by_the_server() -> Iterator[tuple[str, str | None, str | None]]:
    """Name, reason and severity of each event; None where they are decided elsewhere."""
    for path in sorted([*SERVER.glob("*.py"), *DATA.glob("*.py")]):
        for call in calls(path, "events.record"):
            named = {word.arg: constant(word.value) for word in call.keywords}
            name = value(call.args[1], path)
            if name is not None:
                yield name, named["reason"], named["severity"]
    for call in calls(SERVER / "together.py", "_note"):
        name = constant(call.args[2])
        assert name is not None
        yield name, constant(call.args[3]), "info"
    for call in calls(SERVER / "hiding.py", "self._note_change"):
        name = constant(call.args[0])
        assert name is not None
        yield name, HIDDEN, "info"
    for call in calls(SERVER / "ingest.py", "self._note"):
        name, reason, severity = (constant(argument) for argument in call.args)
        assert name is not None
        yield name, reason, severity


def test_every_event_of_the_server() -> None:
    documented = table(section(EVENTS, "### From the server").partition("Reasons of `page_failed`")[0])
    recorded = list(recorded_by_the_server())
    assert {name for name, _, _ in recorded} == set(documented)
    for name, reason, severity in recorded:
        assert severity is None or f"`{severity}`" == documented[name][0], name
        assert reason is None or f"`{reason}`" in documented[name][-1], name


def test_every_reason_of_a_page_that_failed() -> None:
    reasons = section(EVENTS, "### From the server").partition("Reasons of `page_failed`")[2]
    assert set(table(reasons.partition("Reasons of `items_refused`")[0])) == values(Failure, "reason")


def refusals(path: Path, error: str, position: int) -> set[str]:
    reasons = (constant(call.args[position]) for call in calls(path, error) if len(call.args) > position)
    return {reason for reason in reasons if reason is not None}


def test_every_reason_of_a_refused_item() -> None:
    reasons = section(EVENTS, "### From the server").partition("Reasons of `items_refused`")[2]
    given = refusals(SERVER / "ingest.py", "ClientError", 0) | refusals(SERVER / "play.py", "ClientError", 0)
    for path in (ROOT / "src" / "interactive_gym" / "records").glob("*.py"):
        given |= refusals(path, "Malformed", 1)
    assert set(table(reasons)) == given


def reported_by_the_page() -> dict[str, set[str]]:
    """Event -> severities, from the client's sources."""
    found: dict[str, set[str]] = {}
    call = re.compile(r"\b(?:(?:events|log|tools)\.(?:report|line)|this\.once)\(\s*([^,]+),\s*([^,]+),")
    of_console = page("client/src/events.ts").partition("const SEVERITIES = {")[2].partition("}")[0]
    of_matches = page("client/src/match/log.ts").partition("const SEVERITIES = {")[2].partition("}")[0]
    for name, severity in re.findall(r'(\w+): "(\w+)"', of_matches):
        found[f"match_{name}"] = {severity}
    for name, severity in re.findall(r'(\w+): "(\w+)"', of_console):
        found[f"console_{name}"] = {severity}
    for path in sorted((ROOT / "client" / "src").rglob("*.ts")):
        for first, severity in call.findall(path.read_text(encoding="utf-8")):
            for name in re.findall(r'"(\w+)"', first):
                found.setdefault(name, set()).update(re.findall(r'"(info|warning|error)"', severity))
    return found


def test_every_event_of_the_page() -> None:
    documented: dict[str, Any] = table(section(EVENTS, "### From the page"))
    reported = reported_by_the_page()
    assert set(reported) == set(documented)
    for name, severities in reported.items():
        said = set(re.findall(r"`(\w+)`", documented[name][0]))
        assert said and said <= severities, name


def test_the_descriptions_of_columns_are_those_of_the_page() -> None:
    written = page("src/interactive_gym/data/columns.json")
    assert written == generate(PAGE), "run: python -m build_support.columns"
    participants = described("participants.csv")
    assert participants["done_at"].type == "time"
    assert described("players.csv")["rollback_ms_p95"][:2] == ("number", "ms")
    assert "these" in participants["outcome"].text and "](" not in participants["outcome"].text
