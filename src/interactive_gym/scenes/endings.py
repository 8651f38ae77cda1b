"""How participants end: what each outcome says, the code that it gives, and where it sends them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from string import Formatter
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.checks import choice, number, optional, shown, text
from interactive_gym.scenes.parameters import NOT_GIVEN, NotGiven, Parameters, refine
from interactive_gym.scenes.secret import Secret

COMPLETED = "completed"
OUTCOMES = (
    COMPLETED,
    "screened_out",
    "consent_refused",
    "withdrew",
    "waitroom_timeout",
    "partner_left",
    "connection_failed",
    "focus_timeout",
    "idle_timeout",
    "excluded",
    "removed",
    "technical_failure",
)
OWN_NAMES = ("code", "outcome", "participant_id", "subject_id")  # in redirects; all other names are of the link

# Whom a link of the platform belongs to, where its path does not say.
_SUBJECTS = {"prolific": "PROLIFIC_PID", "mturk": "workerId", "sona": "survey_code"}
_RETURN_URLS = {"prolific": "https://app.prolific.com/submissions/complete?cc={code}"}
_PREVIEW = ("assignmentId", "ASSIGNMENT_ID_NOT_AVAILABLE")  # of MTurk: somebody looks, and has not accepted the task

_MAX_SUBJECT = 200  # characters; what is longer is no id of a platform
_MAX_REDIRECT = 2_000  # characters; browsers and servers of every age take so long an address
_HOST = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

Code = Secret | Literal[True]


def _code(value: object) -> Code | None:
    if value is None or value is True or isinstance(value, Secret):
        return value
    # The wrong value is not repeated: it may well be the code itself.
    raise ValueError('must be True (one of their own), ig.secret("ENV_NAME") (the same for all) or None')


def redirect(value: object) -> str:
    """An address over names in braces. Its host is fixed: nothing of a link decides to whom participants are sent."""
    address = text(value)
    host = _HOST.match(address)
    if not host or address[host.end() : host.end() + 1] not in ("", "/", "?", "#") or not _is_host(host.group()):
        raise ValueError(f"must be an address such as 'https://example.org/done?code={{code}}', not {shown(value)}")
    if len(address) > _MAX_REDIRECT or re.search(r"\s", address):
        raise ValueError(f"must be an address of at most {_MAX_REDIRECT} characters without spaces")
    for name in names_of(address):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{{{name}}} is not a name of {', '.join(OWN_NAMES)} or of a parameter of the link")
    return address


def _is_host(address: str) -> bool:
    """Whether browsers can go there: one that they cannot read would stop the page that has the code."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and port != 0


def names_of(address: str) -> list[str]:
    """The names in braces of ``address``, with whatever follows them there.

    Raises:
        ValueError: The braces do not match.
    """
    try:
        return [name for _, name, *rest in Formatter().parse(address) if name is not None and _is_bare(name, rest)]
    except ValueError as problem:
        raise ValueError(f"{shown(address)} is not a template: {problem}") from None


def _is_bare(name: str, rest: list[str | None]) -> bool:
    if any(rest):
        raise ValueError(f"{{{name}}} takes no format")
    return True


def address_of(template: str, values: Mapping[str, str | None]) -> str:
    """``template`` with each name replaced by its value as URLs write it; by nothing where there is none."""
    parts = Formatter().parse(template)
    return "".join(fixed + (quote(values.get(name) or "", safe="") if name else "") for fixed, name, _, _ in parts)


@dataclass(frozen=True)
class Ending(Parameters):
    """What one place of a config says of an outcome. What it leaves out is said by another one, or by ourselves."""

    header: Annotated[str | NotGiven, text] = NOT_GIVEN
    body: Annotated[str | NotGiven, text] = NOT_GIVEN
    code: Annotated[Code | NotGiven | None, _code] = NOT_GIVEN
    redirect: Annotated[str | NotGiven | None, optional(redirect)] = NOT_GIVEN
    redirect_after: Annotated[float | NotGiven | None, optional(number(0, 3600))] = NOT_GIVEN

    def under(self, other: Ending | None) -> Ending:
        """This, where ``other`` says nothing."""
        if other is None:
            return self
        said = {each.name: getattr(other, each.name) for each in fields(other)}
        return replace(self, **{name: value for name, value in said.items() if value is not NOT_GIVEN})


def with_ending(
    endings: Mapping[str, Ending],
    name: object,
    given: Mapping[str, object],
    *,
    allowed: tuple[str, ...],
    scene: str | None,
) -> dict[str, Ending]:
    """``endings`` and what is given for the outcome ``name``.

    Raises:
        ConfigError: It is no outcome, or a value is not what its row asks for.
    """
    if name not in allowed:
        problem = f"must be one of {', '.join(map(repr, allowed))}, not {shown(name)}"
        raise ConfigError(problem, scene=scene, method="outcome", parameter="name")
    for parameter in ("header", "body") if name == COMPLETED else ():
        if given[parameter] is not NOT_GIVEN:
            problem = "whoever has completed the study sees its last scene; write it there"
            raise ConfigError(problem, scene=scene, method="outcome", parameter=parameter)
    known = endings.get(str(name), Ending())
    return {**endings, str(name): refine(known, given, scene=scene, method="outcome")}


def _codes(value: object) -> dict[str, Code]:
    if not isinstance(value, Mapping):
        raise ValueError('must be a dict of outcomes, such as {"completed": ig.secret("STUDY_CODE")}')
    return {choice(*OUTCOMES)(name): kept for name, code in value.items() if (kept := _needed(code))}


def _needed(value: object) -> Code:
    if code := _code(value):
        return code
    raise ValueError("leave out an outcome that gives no code")


@dataclass(frozen=True)
class Recruitment(Parameters):
    """Where participants come from, and how they go back."""

    platform: Annotated[str, choice("prolific", "mturk", "sona", "link")] = "link"
    codes: Annotated[Mapping[str, Code], _codes] = field(default_factory=dict)
    return_url: Annotated[str | None, optional(redirect)] = None

    def check(self) -> None:
        """
        Raises:
            ConfigError: The platform needs something that is not given.
        """
        if self.platform == "prolific" and COMPLETED not in self.codes:
            raise _missing("codes", 'Prolific needs the code of your study: {"completed": ig.secret("ENV_NAME")}')
        if self.platform == "sona" and "survey_code" not in names_of(self.return_url or ""):
            raise _missing("return_url", "SONA grants credit by its completion URL; end it with {survey_code}")

    def ending(self, outcome: str) -> Ending:
        """What the platform asks for. Only outcomes that get something are sent back by themselves."""
        code = self.codes.get(outcome)
        if code is None and outcome != COMPLETED:
            return Ending()
        if self.platform == "mturk":
            code = code or True
        address = self.return_url or _RETURN_URLS.get(self.platform)
        return Ending(code=code or NOT_GIVEN, redirect=address or NOT_GIVEN)

    def subject_of(self, query: Mapping[str, str]) -> str | None:
        """Who follows this link, as the platform knows them."""
        return query.get(_SUBJECTS.get(self.platform, ""), "")[:_MAX_SUBJECT] or None

    def is_preview(self, query: Mapping[str, str]) -> bool:
        """Whether they only look at the task, and must not begin."""
        name, value = _PREVIEW
        return self.platform == "mturk" and query.get(name) == value


def _missing(parameter: str, problem: str) -> ConfigError:
    return ConfigError(problem, method="recruitment", parameter=parameter)
