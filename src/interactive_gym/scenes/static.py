"""Pages without a game: the first, those of the researcher's HTML, and the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Self

from interactive_gym.scenes.attributes import AnswerAttributes
from interactive_gym.scenes.base import Scene
from interactive_gym.scenes.checks import text
from interactive_gym.scenes.content import Content, ContentWithButton, body_of
from interactive_gym.scenes.parameters import NOT_GIVEN, NotGiven, Parameters
from interactive_gym.scenes.passage import Passage
from interactive_gym.scenes.secret import Secret


@dataclass(frozen=True)
class Consent(Parameters):
    refuse: Annotated[str, text] = "I do not agree"


@dataclass(frozen=True)
class PageWithButton(Passage):
    """A page that the participant leaves by its button."""

    _content: ContentWithButton = field(default_factory=ContentWithButton, init=False, repr=False)
    _consent: Consent = field(default_factory=Consent, init=False, repr=False)
    _attributes: AnswerAttributes = field(default_factory=AnswerAttributes, init=False, repr=False)

    def content(
        self,
        *,
        header: str | NotGiven = NOT_GIVEN,
        body: str | NotGiven = NOT_GIVEN,
        body_file: str | Path | NotGiven = NOT_GIVEN,
        button: str | NotGiven = NOT_GIVEN,
    ) -> Self:
        """What the page says.

        Args:
            header: The heading, as text.
            body: The page's HTML. It is yours and is shown as it is.
            body_file: A UTF-8 file with that HTML instead, relative to the experiment's file.
            button: The text of the button that leads on; "Continue" if not given.

        Raises:
            ConfigError: One of them is not text, empty, or not readable.
        """
        body = body_of(body, body_file, scene=self.id)
        return self._refined("content", header=header, body=body, button=button)

    def attributes(self, *, from_answers: Sequence[str] | Mapping[str, str] | NotGiven = NOT_GIVEN) -> Self:
        """Which answers become attributes of the participant, see ``Experiment.attributes``, when the page is left.

        Args:
            from_answers: Names of form elements; or a dict of element -> attribute. Of a long answer, the first 1,000
                characters are kept; several values (checkboxes) are one text, with commas.

        Raises:
            ConfigError: They are not names.
        """
        return self._refined("attributes", from_answers=from_answers)

    @property
    def answer_attributes(self) -> Mapping[str, str]:
        """Name of an answer -> the attribute that it becomes."""
        return self._attributes.from_answers

    def consent(self, *, refuse: str | NotGiven = NOT_GIVEN) -> Self:
        """The page asks for consent: a second button is for those who refuse; their outcome is ``consent_refused``.

        Args:
            refuse: The text of that button; "I do not agree" if not given.

        Raises:
            ConfigError: It is not text, or empty.
        """
        return self._refined("consent", refuse=refuse)

    @property
    def asks_consent(self) -> bool:
        """Whether participants may refuse here to take part."""
        return "consent" in self._called

    def page(self) -> dict[str, object]:
        refuse = self._consent.refuse if self.asks_consent else None
        return {**asdict(self._content), "refuse": refuse, **self._way_out()}


@dataclass(frozen=True)
class StartScene(PageWithButton):
    """The first page of every experiment. A click leads on, so that link scanners take nobody's seat."""

    kind: ClassVar[str] = "start"


@dataclass(frozen=True)
class StaticScene(PageWithButton):
    """A page of the researcher's HTML. The named elements of its form are stored as responses when it is left."""

    kind: ClassVar[str] = "static"


@dataclass(frozen=True)
class LastPage(Scene):
    """A page that nothing follows."""

    _content: Content = field(default_factory=Content, init=False, repr=False)

    def content(
        self,
        *,
        header: str | NotGiven = NOT_GIVEN,
        body: str | NotGiven = NOT_GIVEN,
        body_file: str | Path | NotGiven = NOT_GIVEN,
    ) -> Self:
        """What the page says.

        Args:
            header: The heading, as text.
            body: The page's HTML. It is yours and is shown as it is.
            body_file: A UTF-8 file with that HTML instead, relative to the experiment's file.

        Raises:
            ConfigError: One of them is not text, empty, or not readable.
        """
        return self._refined("content", header=header, body=body_of(body, body_file, scene=self.id))

    def page(self) -> dict[str, object]:
        return asdict(self._content)


@dataclass(frozen=True)
class EndScene(LastPage):
    """The last page: thank you and goodbye."""

    kind: ClassVar[str] = "end"


def _secret(value: object) -> Secret:
    if not isinstance(value, Secret):
        # The wrong value is not repeated: it may well be the code itself.
        raise ValueError('must be ig.secret("ENV_NAME"): participants receive this file, and any code in it')
    return value


@dataclass(frozen=True)
class Code(Parameters):
    secret: Annotated[Secret | None, _secret] = None


@dataclass(frozen=True)
class CompletionCodeScene(LastPage):
    """The last page, with the code that proves a participant was there: one of their own, or one for all."""

    kind: ClassVar[str] = "completion_code"

    _code: Code = field(default_factory=Code, init=False, repr=False)

    def code(self, secret: Secret) -> Self:
        """Show every participant the same code instead of one of their own.

        Args:
            secret: ``ig.secret("ENV_NAME")``, the environment variable of the server that holds the code.

        Raises:
            ConfigError: The code itself is given.
        """
        return self._refined("code", secret=secret)

    @property
    def fixed_code(self) -> Secret | None:
        """The code for all; None if each participant gets their own from the server."""
        return self._code.secret
