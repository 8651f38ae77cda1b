"""An export of which nobody can be told who took part."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from interactive_gym.export.forms import fields_of
from tests.data.exported import exported, files, lines
from tests.data.generated import COMMENT, Generated


@pytest.fixture(scope="module")
def folders(generated: Generated, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return exported(generated.folder, tmp_path_factory.mktemp("anonymous"), anonymise=True)


def texts(folders: dict[str, Path]) -> dict[str, str]:
    """The text of every file; of Parquet all of its cells, of HDF5 the bytes."""
    found: dict[str, str] = {}
    for format_, folder in folders.items():
        for name, content in files(folder).items():
            if name.endswith(".parquet"):
                found[f"{format_}/{name}"] = json.dumps(parquet.read_table(folder / name).to_pylist(), default=str)
            else:
                found[f"{format_}/{name}"] = content.decode("utf-8", "replace")
    return found


def test_nothing_says_who_anybody_is(generated: Generated, folders: dict[str, Path]) -> None:
    codes = {row["code"] for row in lines(generated.folder / "completion_codes.csv")}
    subjects = {subject for subject in generated.truth.people.values() if subject}
    secrets = {*generated.truth.people, *codes, *subjects, "platform.example", "PROLIFIC_PID", "piloted", "laggy"}
    assert len(codes) > 5 and len(subjects) > 5 and "laggy" in COMMENT
    for name, text in texts(folders).items():
        assert [secret for secret in secrets if secret in text] == [], name
    assert not any("platform_ids" in name or "console" in name or "completion" in name for name in texts(folders))


def test_the_same_people_are_in_all_tables(generated: Generated, folders: dict[str, Path]) -> None:
    arrived = [row["participant_id"] for row in lines(generated.folder / "participants.csv")]
    names = {one: f"participant-{number:04}" for number, one in enumerate(arrived, 1)}
    for table in ("participants", "sessions", "players", "responses", "attributes", "events", "screenings"):
        found = Counter(row["participant_id"] for row in lines(folders["csv"] / f"{table}.csv"))
        path = generated.folder / f"{table}.csv"
        stored = lines(path) if path.exists() else _events(generated.folder)
        assert found == Counter(names.get(row["participant_id"] or "", "") for row in stored)
    for row, meant in zip(
        lines(folders["csv"] / "matches.csv"), _lines(generated.folder / "matches.jsonl"), strict=True
    ):
        assert json.loads(row["members"]) == [names[one] for one in meant["members"]]
        assert all(one["attributes"] == {} for one in json.loads(row["candidates"]))
        ways = json.loads(row["round_trips"])
        assert ways == {">".join(names[one] for one in way.split(">")): ms for way, ms in meant["round_trips"].items()}


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _events(folder: Path) -> list[dict[str, str]]:
    return [{"participant_id": str(row["participant_id"] or "")} for row in _lines(folder / "events.jsonl")]


def test_only_choices_and_numbers_stay_of_answers(folders: dict[str, Path]) -> None:
    found = {(row["name"], row["value"]) for row in lines(folders["csv"] / "responses.csv")}
    assert {value for name, value in found if name == "comment"} == {"", "[removed]"}
    assert {value for name, value in found if name == "hobbies"} <= {"", "[]", "[removed]"}  # no element of the form
    assert all(value.isdigit() for name, value in found if name in ("age", "fun"))


def test_what_tells_browsers_apart_is_gone(folders: dict[str, Path]) -> None:
    for row in lines(folders["csv"] / "screenings.csv"):
        assert not any(row[name] for name in ("browser_version", "os", "languages", "screen_width", "detail"))
        assert row["browser"] and row["device"] == "desktop"
    values = {row["name"]: row["value"] for row in lines(folders["csv"] / "attributes.csv")}
    assert values["language"] == "[removed]" and values["level"].isdigit()
    for row in lines(folders["csv"] / "events.csv"):
        assert row["detail"] == ""


def test_the_provenance_says_so(folders: dict[str, Path]) -> None:
    assert json.loads((folders["csv"] / "provenance.json").read_text())["export"]["anonymised"] is True


FORM = """
<label>How old are you? <input name="age" type="number" min="18" max="99"></label>
<label for="c">Anything <b>else</b>?</label><textarea id="c" name="comment"></textarea>
<label><input type="radio" name="hand" value="left"> Left</label><input type="radio" name="hand" value="right">
<input type="checkbox" name="agree"><input name="city"><input type="submit" name="go"><input type="range">
<select name="games"><option>never <option value="often">Very often</option></select>
"""


def test_the_elements_of_a_form() -> None:
    fields = fields_of(FORM)
    assert {name: field.type for name, field in fields.items()} == {
        **{"age": "number", "comment": "text", "hand": "choice"},
        **{"agree": "choice", "city": "text", "games": "choice"},
    }
    assert (fields["age"].label, fields["age"].bounds) == ("How old are you?", ("18", "99"))
    assert fields["comment"].label == "Anything else?"
    assert (fields["hand"].levels, fields["agree"].levels) == (["left", "right"], ["on"])
    assert fields["games"].levels == ["never", "often"]


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        *[("age", "42", True), ("age", "call me at home", False), ("hand", "left", True), ("hand", "Ann Smith", False)],
        *[("games", "often", True), ("games", ["never"], True), ("games", ["never", "Ann"], False)],
        *[("comment", "fine", False), ("city", "Rome", False)],
    ],
)
def test_what_stays_of_an_answer(name: str, value: str | list[str], allowed: bool) -> None:
    assert fields_of(FORM)[name].allows(value) is allowed
