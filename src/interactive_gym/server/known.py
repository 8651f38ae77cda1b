"""What becomes an attribute of a participant, who is told of it, and what a game gets. As ``study``, inside a write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from interactive_gym.data import attributes
from interactive_gym.errors import ClientError
from interactive_gym.protocol import Attribute, Attributes
from interactive_gym.scenes import GymScene, Scene
from interactive_gym.scenes.attributes import AttributeRules, Value
from interactive_gym.scenes.static import PageWithButton

BY_PAGE = "page"  # the source of what a page's own script sets


def arrived(
    connection: Connection, rules: AttributeRules, participant_id: str, query: Mapping[str, str], now: float
) -> None:
    """Somebody new has come by a link with these parameters."""
    attributes.put(connection, participant_id, rules.initial, source="initial", now=now)
    said = {attribute: query[name] for name, attribute in rules.from_query.items() if name in query}
    attributes.put_texts(connection, participant_id, said, source="query", now=now)


def answered(
    connection: Connection,
    scene: Scene,
    participant_id: str,
    responses: Mapping[str, str | Sequence[str]],
    now: float,
) -> None:
    """These are the answers of a scene."""
    if isinstance(scene, PageWithButton):
        named = scene.answer_attributes.items()
        said = {attribute: responses[name] for name, attribute in named if name in responses}
        attributes.put_texts(connection, participant_id, said, source="answer", now=now)


def set_by_page(
    connection: Connection, rules: AttributeRules, participant_id: str, message: Attribute, now: float
) -> Attributes:
    """The page's own script sets one.

    Raises:
        ClientError: ``not_allowed``, ``malformed``, or ``too_large``.
    """
    if message.name not in rules.from_page:
        raise ClientError("not_allowed", f"attributes(from_page=...) does not name {message.name!r}")
    try:
        value = msgspec.json.decode(message.value)
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise ClientError("malformed", str(problem)) from None
    try:
        values = attributes.put(connection, participant_id, {message.name: value}, source=BY_PAGE, now=now)
    except ValueError as problem:
        raise ClientError("too_large", str(problem)) from None
    return shown(rules, values)


def told(connection: Connection, rules: AttributeRules, participant_id: str) -> Attributes:
    """What a participant's page may know of them."""
    return shown(rules, attributes.of(connection, participant_id))


def shown(rules: AttributeRules, values: Mapping[str, Value]) -> Attributes:
    return Attributes({name: value for name, value in values.items() if name not in rules.hidden})


def seated(
    connection: Connection,
    rules: AttributeRules,
    scene: GymScene,
    game: Mapping[str, Any],
    players: Mapping[str, str],
) -> dict[str, Any]:
    """``game`` (``protocol_game.Game``) with what is known of ``players``, agent -> participant, where it wants that.

    It stays so for the whole game, and for all of its players alike: what differed between two browsers would be played
    differently. Every player's page gets it, so what is hidden is not in it.
    """
    if not scene.takes_attributes:
        return dict(game)
    known = attributes.of_all(connection, list(players.values()))
    of_players = {agent: shown(rules, known[who]).values for agent, who in players.items()}
    of_others: dict[str, Any] = {agent: {} for agent in scene.humans}  # where nobody is there for an agent
    return {**game, "options": {**game["options"], "attributes": of_others | of_players}}
