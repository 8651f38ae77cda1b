"""Header, body and button of a page, and bodies that are read from files."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.checks import optional, shown, text
from interactive_gym.scenes.parameters import NOT_GIVEN, NotGiven, Parameters
from interactive_gym.scenes.players import agent_name

PACKAGE = __name__.partition(".")[0]


@dataclass(frozen=True)
class Content(Parameters):
    """The text of a page that leads nowhere."""

    header: Annotated[str, text] = ""
    body: Annotated[str, text] = ""


@dataclass(frozen=True)
class ContentWithButton(Content):
    """The text of a page that leads on."""

    button: Annotated[str, text] = "Continue"


def game_texts(value: object) -> str | dict[str, str]:
    """A text for everybody, or agent, as text -> the text for its player."""
    if not isinstance(value, Mapping):
        return text(value)
    if not value:
        raise ValueError("is an empty dict; leave it out to have no text")
    named = {agent_name(agent): _text_for(agent, words) for agent, words in value.items()}
    if len(named) < len(value):
        raise ValueError(f"two agents have the same name as text: {', '.join(map(repr, value))}")
    return named


def _text_for(agent: object, words: object) -> str:
    try:
        return text(words)
    except ValueError as problem:
        raise ValueError(f"for agent {agent!r}: {problem}") from problem


@dataclass(frozen=True)
class GameContent(Content):
    """The text before and beside a game. Without a button it begins by itself."""

    button: Annotated[str | None, optional(text)] = "Start"
    game_text: Annotated[str | Mapping[str, str], game_texts] = ""


def body_of(body: str | NotGiven, body_file: str | Path | NotGiven, *, scene: str) -> str | NotGiven:
    """The body, given itself or as a file that is read now, by the process that serves the experiment.

    A participant's browser imports the experiment too, for its functions; it has no such file, and needs none.

    Raises:
        ConfigError: Both are given, or the file cannot be read.
    """
    if body_file is NOT_GIVEN:
        return body
    if body is not NOT_GIVEN:
        problem = "body and body_file are both given; keep one of them"
        raise ConfigError(problem, scene=scene, method="content", parameter="body_file")
    if sys.platform == "emscripten":
        return NOT_GIVEN
    try:
        return _read(body_file)
    except ValueError as problem:
        raise ConfigError(str(problem), scene=scene, method="content", parameter="body_file") from problem


def _read(file: object) -> str:
    if not isinstance(file, (str, Path)) or not str(file):
        raise ValueError(f"must be the path of an HTML file, not {shown(file)}")
    path = caller_folder() / file
    try:
        return text(path.read_text(encoding="utf-8"))
    except OSError as problem:
        fix = "give a path relative to the experiment's file"
        raise ValueError(f"{path} cannot be read ({problem.strerror}); {fix}") from problem
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path} is not UTF-8 text; save it as UTF-8") from problem


def caller_folder() -> Path:
    """The folder of the experiment's file: the nearest caller outside of this package."""
    frame = sys._getframe(1)
    while frame.f_back and str(frame.f_globals.get("__name__", "")).partition(".")[0] == PACKAGE:
        frame = frame.f_back
    return Path(frame.f_globals.get("__file__", "here")).resolve().parent
