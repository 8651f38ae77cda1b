"""The page that a participant sees now, from their scene and what was assigned to them in it."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from interactive_gym.data.games import Session
from interactive_gym.data.people import Visit
from interactive_gym.protocol import OutcomePage, Page
from interactive_gym.scenes import Scene

FAILED_HEADER = "The study cannot go on here"
FAILED_BODY = """
<p>Something went wrong on the technical side. This is not your fault, and what you have done so far is stored.</p>
<p>Please contact the researcher, or return to the page from which you came.</p>
"""


def scene_page(scene: Scene, visit: Visit, session: Session | None) -> Page:
    """The page of ``scene``; ``session`` is the visit's, in a game scene."""
    fields: dict[str, Any] = {**scene.page(), "kind": scene.kind, "scene_id": scene.id}
    if session:
        fields |= {"session_id": session.id, "seed": session.seed, "game": session.game}
    if visit.code:
        fields["code"] = visit.code
    return cast(Page, msgspec.convert(fields, Page))


def outcome_page(scene_id: str, outcome: str) -> OutcomePage:
    return OutcomePage(scene_id, FAILED_HEADER, FAILED_BODY.strip(), outcome)
