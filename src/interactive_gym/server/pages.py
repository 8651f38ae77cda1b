"""The page that a participant sees now, from their scene and what was assigned to them in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from interactive_gym.data.games import Session
from interactive_gym.data.people import Participant, Visit
from interactive_gym.protocol import CompletionCodePage, EndPage, Farewell, LeftBehind, OutcomePage, Page
from interactive_gym.scenes import CompletionCodeScene, EndScene, GymScene, Scene, StartScene
from interactive_gym.scenes.endings import Ending
from interactive_gym.scenes.gym_parameters import LEAVE
from interactive_gym.scenes.parameters import NotGiven
from interactive_gym.scenes.static import LastPage
from interactive_gym.server.lifecycle import Outcome

_GO_BACK = "<p>You can return to the page from which you came. If you have questions, please ask the researchers.</p>"
_GO_ON = "Continue"
_STORED = "<p>What you have done so far is stored.</p>"
_OUTCOMES: Mapping[str, tuple[str, str]] = {
    Outcome.TECHNICAL_FAILURE: (
        "The study cannot go on here",
        "<p>Something went wrong on the technical side. This is not your fault.</p>" + _STORED,
    ),
    Outcome.CONNECTION_FAILED: (
        "The connection to your partner was lost",
        "<p>Your browser and your partner's no longer reach each other. This is not your fault.</p>" + _STORED,
    ),
    Outcome.PARTNER_LEFT: (
        "Your partner is gone",
        "<p>The game cannot go on without your partner. This is not your fault.</p>" + _STORED,
    ),
    Outcome.WAITROOM_TIMEOUT: (
        "Nobody else has come",
        "<p>We have found no partner for you in time. This is not your fault. Thank you for waiting!</p>",
    ),
    Outcome.COMPLETED: ("Thank you", "<p>You have completed the study.</p>"),
    Outcome.SCREENED_OUT: (
        "You cannot take part in this study",
        "<p>The study needs another device, browser or connection. Thank you for your interest!</p>",
    ),
    Outcome.CONSENT_REFUSED: (
        "You do not take part",
        "<p>You have not agreed to take part in this study. Nothing more is asked of you.</p>",
    ),
    Outcome.WITHDREW: ("You have left the study", "<p>You have ended your participation. Thank you for your time!</p>"),
    Outcome.FOCUS_TIMEOUT: (
        "You were away for too long",
        "<p>The page of the study was hidden for too long, and the game could not go on.</p>" + _STORED,
    ),
    Outcome.IDLE_TIMEOUT: (
        "You were away for too long",
        "<p>Nothing came from you for too long, and the study could not go on.</p>" + _STORED,
    ),
    Outcome.EXCLUDED: ("The study ends here", "<p>The study cannot go on with you.</p>" + _STORED),
    Outcome.REMOVED: ("The study ends here", "<p>The researchers have ended your participation.</p>" + _STORED),
}


def scene_page(scene: Scene, visit: Visit, session: Session | None, left: Ending, *, is_screened: bool = False) -> Page:
    """The page of ``scene``; ``session`` is the visit's, in a game scene. ``is_screened``: a first page waits for that.

    The page of a game of several people is told its session in a Match, whenever it has one. ``left`` is what the
    researcher says to whoever loses their partners there.
    """
    fields: dict[str, Any] = {**scene.page(), "kind": scene.kind, "scene_id": scene.id}
    if isinstance(scene, GymScene):
        fields |= {"session_id": None, "seed": None, "left_behind": _left_behind(scene, left)}
    if isinstance(scene, StartScene):
        fields["screening"] = is_screened
    if session:
        fields["game"] = session.game
    if session and not session.is_multiplayer:
        fields |= {"session_id": session.id, "seed": session.seed}
    return cast(Page, msgspec.convert(fields, Page))


def _left_behind(scene: GymScene, said: Ending) -> LeftBehind | None:
    """What they read whose partners are gone, if they go on; otherwise it is on their last page."""
    if len(scene.humans) == 1 or scene.left_behind == LEAVE:
        return None
    return LeftBehind(*_words(Outcome.PARTNER_LEFT, said), button=_GO_ON)


def last_page(scene: Scene | None, who: Participant, said: Ending) -> EndPage | CompletionCodePage | OutcomePage:
    """The page of somebody who is done, in ``scene``; ``said`` is what the researcher says of their outcome."""
    farewell = _farewell(who, said)
    if who.outcome == Outcome.COMPLETED and isinstance(scene, LastPage):
        return _last_scene(scene, who, farewell)
    header, body = _text(who, said, farewell)
    return OutcomePage(who.scene_id, header, body, who.outcome or "", farewell)


def _last_scene(scene: LastPage, who: Participant, farewell: Farewell | None) -> EndPage | CompletionCodePage:
    """The researcher may have asked for codes after they were done: who was given none sees none."""
    fields: dict[str, Any] = {**scene.page(), "kind": scene.kind, "scene_id": scene.id, "farewell": farewell}
    if isinstance(scene, CompletionCodeScene) and who.code is None:
        fields["kind"] = EndScene.kind
    elif isinstance(scene, CompletionCodeScene):
        shown = farewell and farewell.redirect and msgspec.structs.replace(farewell, code=None)
        fields |= {"code": who.code, "farewell": shown or None}
    return msgspec.convert(fields, EndPage | CompletionCodePage)


def _farewell(who: Participant, said: Ending) -> Farewell | None:
    if not (who.code or who.redirect):
        return None
    after = said.redirect_after if isinstance(said.redirect_after, float) and who.redirect else None
    return Farewell(who.code, who.redirect, after)


def _text(who: Participant, said: Ending, farewell: Farewell | None) -> tuple[str, str]:
    """Heading and body: what was said to this very participant, else the researcher's words, else ours."""
    header, body = _words(who.outcome or Outcome.TECHNICAL_FAILURE, said)
    if who.farewell is not None:
        return header, who.farewell
    if not isinstance(said.body, NotGiven) or farewell:
        return header, body
    return header, f"{body}\n{_GO_BACK}"


def _words(outcome: str, said: Ending) -> tuple[str, str]:
    """Heading and body: the researcher's, else ours."""
    header, body = _OUTCOMES[outcome]
    header = header if isinstance(said.header, NotGiven) else said.header
    return header, body if isinstance(said.body, NotGiven) else said.body
