"""The page that a participant sees now, from their scene and what was assigned to them in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from interactive_gym.data.games import Session
from interactive_gym.data.people import Visit
from interactive_gym.protocol import OutcomePage, Page
from interactive_gym.scenes import GymScene, Scene
from interactive_gym.server.lifecycle import Outcome

_STORED = (
    "<p>What you have done so far is stored. "
    "Please contact the researcher, or return to the page from which you came.</p>"
)
_OUTCOMES: Mapping[str, tuple[str, str]] = {
    Outcome.TECHNICAL_FAILURE: (
        "The study cannot go on here",
        "<p>Something went wrong on the technical side. This is not your fault.</p>",
    ),
    Outcome.CONNECTION_FAILED: (
        "The connection to your partner was lost",
        "<p>Your browser and your partner's no longer reach each other. This is not your fault.</p>",
    ),
    Outcome.PARTNER_LEFT: (
        "Your partner is gone",
        "<p>The game cannot go on without your partner. This is not your fault.</p>",
    ),
    Outcome.WAITROOM_TIMEOUT: (
        "Nobody else has come",
        "<p>We have found no partner for you in time. This is not your fault. Thank you for waiting!</p>",
    ),
}


def scene_page(scene: Scene, visit: Visit, session: Session | None) -> Page:
    """The page of ``scene``; ``session`` is the visit's, in a game scene.

    The page of a game of several people is told its session in a Match, whenever it has one.
    """
    fields: dict[str, Any] = {**scene.page(), "kind": scene.kind, "scene_id": scene.id}
    if isinstance(scene, GymScene):
        fields |= {"session_id": None, "seed": None}
    if session:
        fields["game"] = session.game
    if session and not session.is_multiplayer:
        fields |= {"session_id": session.id, "seed": session.seed}
    if visit.code:
        fields["code"] = visit.code
    return cast(Page, msgspec.convert(fields, Page))


def outcome_page(scene_id: str, outcome: str) -> OutcomePage:
    header, body = _OUTCOMES[outcome]
    return OutcomePage(scene_id, header, f"{body}\n{_STORED}", outcome)
