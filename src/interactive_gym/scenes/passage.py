"""What the scenes share that participants go on from: that they may also end there."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import asdict, dataclass, field
from typing import Annotated, Literal, Self

from interactive_gym.scenes.base import Scene
from interactive_gym.scenes.checks import text
from interactive_gym.scenes.endings import COMPLETED, OUTCOMES, Ending, with_ending
from interactive_gym.scenes.parameters import NOT_GIVEN, NotGiven, Parameters
from interactive_gym.scenes.secret import Secret

_ALLOWED = tuple(name for name in OUTCOMES if name != COMPLETED)


@dataclass(frozen=True)
class Leaving(Parameters):
    button: Annotated[str, text] = "Leave the study"
    question: Annotated[str, text] = (
        "<p>Do you want to leave the study? You cannot come back to it.</p>"
        "<p>What you have done so far is kept. If you want it to be deleted, please write to the researchers.</p>"
    )


@dataclass(frozen=True)
class Passage(Scene):
    """A scene that is not the last one."""

    endings: Mapping[str, Ending] = field(default_factory=dict, init=False, repr=False)
    _leaving: Leaving = field(default_factory=Leaving, init=False, repr=False)

    def outcome(
        self,
        name: str,
        *,
        header: str | NotGiven = NOT_GIVEN,
        body: str | NotGiven = NOT_GIVEN,
        code: Secret | Literal[True] | NotGiven | None = NOT_GIVEN,
        redirect: str | NotGiven | None = NOT_GIVEN,
        redirect_after: float | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """What is said and given to participants who end in this scene; see :meth:`Experiment.outcome`.

        What is given here wins over what the experiment says of the same outcome.

        Args:
            name: The outcome; any but ``"completed"``.
            header: The heading of their last page, as text.
            body: HTML of that page.
            code: True: one of their own. ``ig.secret("ENV_NAME")``: the same for all. None: none.
            redirect: The address to which they go on; may hold ``{code}``, ``{outcome}``, ``{participant_id}``,
                ``{subject_id}`` and names of parameters of their link.
            redirect_after: Seconds after which they go there by themselves, 0 to 3600; None: by a button only.

        Raises:
            ConfigError: There is no such outcome, or a value is not as above.
        """
        given = {"header": header, "body": body, "code": code, "redirect": redirect, "redirect_after": redirect_after}
        changed = copy(self)
        endings = with_ending(self.endings, name, given, allowed=_ALLOWED, scene=self.id)
        object.__setattr__(changed, "endings", endings)
        return changed

    def leaving(self, *, button: str | NotGiven = NOT_GIVEN, question: str | NotGiven = NOT_GIVEN) -> Self:
        """Participants may stop here, on purpose: a button, a question, and the outcome ``withdrew``.

        Args:
            button: The text of the button; "Leave the study" if not given.
            question: HTML of what they are asked before it is final: say there what happens to their data.

        Raises:
            ConfigError: One of them is not text, or empty.
        """
        return self._refined("leaving", button=button, question=question)

    @property
    def may_leave(self) -> bool:
        """Whether participants may stop here, on purpose."""
        return "leaving" in self._called

    def _way_out(self) -> dict[str, object]:
        """What the page has to know of it."""
        return {"leaving": asdict(self._leaving) if self.may_leave else None}
