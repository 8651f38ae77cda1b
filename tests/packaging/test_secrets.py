from __future__ import annotations

import ast
from pathlib import Path

import pytest

from interactive_gym.errors import ConfigError
from interactive_gym.packaging.distributions import File
from interactive_gym.packaging.secrets import refuse_literals, refuse_values, secrets_used

IMPORT = "import interactive_gym as ig\n"


def refuse(text: str) -> None:
    refuse_literals(Path("study.py"), ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "connect(turn_secret='abc')",
        "connect(credential=f'{x}abc')",
        "servers = [{'urls': 'turn:a', 'credential': 'abc'}]",
        "SECRET = 'abc'\nconnect(turn_secret=SECRET)",
        IMPORT + "scene = ig.CompletionCodeScene('end').code('abc')",
        "from interactive_gym import CompletionCodeScene\nscene = CompletionCodeScene('end').content().code('abc')",
        IMPORT + "CODE = 'abc'\nscene = ig.CompletionCodeScene('end').code(CODE)",
    ],
)
def test_a_literal_where_a_secret_belongs_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError, match=r"study\.py:\d+: .*ig\.secret") as raised:
        refuse(text)
    assert "abc" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + "scene = ig.CompletionCodeScene('end').code(ig.secret('STUDY_CODE'))",
        "connect(turn_secret=ig.secret('TURN'))",
        "connect(credential=None)",
        "bar.code('abc')",
        "connect(username='abc')",
    ],
)
def test_anything_else_is_not(text: str) -> None:
    refuse(text)


def test_the_names_of_secrets_are_found() -> None:
    tree = ast.parse("ig.secret('A')\nsecret('B')\nig.secret(name)\nother('C')")
    assert secrets_used([tree]) == {"A", "B"}


@pytest.mark.parametrize(
    ("owner", "value", "refused"),
    [("me", "x1", True), ("package", "x1", False), ("package", "long enough", True), ("me", "", False)],
)
def test_no_file_holds_the_value_of_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: str, value: str, refused: bool
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(f"a\nb {value} c\n")
    monkeypatch.setenv("STUDY_CODE", value)
    files = [File("notes.txt", path, owner)]
    if not refused:
        return refuse_values(files, {"STUDY_CODE", "NOT_SET"}, own={"me"})
    with pytest.raises(ConfigError, match=r"notes\.txt:2: .*STUDY_CODE") as raised:
        refuse_values(files, {"STUDY_CODE"}, own={"me"})
    assert value not in str(raised.value)
