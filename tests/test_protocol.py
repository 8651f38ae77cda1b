"""The wire: what the page's TypeScript knows of it, and that a game of ours fits it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from interactive_gym import protocol, protocol_game
from tests.server.running import experiment

CLIENT = Path(__file__).parents[1] / "client"


@pytest.fixture
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_protocol", CLIENT / "generate_protocol.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_knows_the_messages_as_they_are(generator: ModuleType) -> None:
    written = (CLIENT / "src" / "protocol.gen.ts").read_text(encoding="utf-8")
    assert written == generator.generate(), "run: python client/generate_protocol.py"


def test_every_message_is_in_the_generated_file(generator: ModuleType) -> None:
    text = generator.generate()
    classes = [value for value in vars(protocol).values() if isinstance(value, type)]
    messages = [value for value in classes if issubclass(value, protocol.Base) and not value.__subclasses__()]
    assert len(messages) > 20
    for message in messages:
        assert f"export interface {message.__name__} {{" in text or f"export type {message.__name__} =" in text


def test_a_game_has_exactly_the_fields_of_the_protocol() -> None:
    scene = experiment().sequence[2]
    game = scene.page()["game"]
    assert msgspec.to_builtins(msgspec.convert(game, protocol_game.Game)) == game


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"scene_id": "a", "more": 1}', type=protocol.Advance)
