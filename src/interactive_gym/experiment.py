"""An experiment: an id and a sequence of scenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.attributes import AttributeRules, Value
from interactive_gym.scenes.base import Scene, check_identifier
from interactive_gym.scenes.checks import shown, text, whole
from interactive_gym.scenes.endings import OUTCOMES, Code, Ending, Recruitment, with_ending
from interactive_gym.scenes.flow import check_flow
from interactive_gym.scenes.hooks import Console, Hook, Hooks
from interactive_gym.scenes.parameters import NOT_GIVEN, NotGiven, Parameters, refine
from interactive_gym.scenes.screening import Screening
from interactive_gym.scenes.secret import Secret
from interactive_gym.scenes.webrtc import Webrtc
from interactive_gym.scenes.wrappers import SceneWrapper, only_parts


def _folder(value: object) -> Path:
    if not isinstance(value, (str, Path)) or value == "":
        raise ValueError(f"must be the path of a folder, not {shown(value)}")
    return Path(value)


@dataclass(frozen=True)
class Hosting(Parameters):
    host: Annotated[str, text] = "127.0.0.1"
    port: Annotated[int, whole(0, 65_535)] = 8000
    data_dir: Annotated[Path, _folder] = Path("data")


@dataclass(frozen=True)
class Experiment:
    """An experiment, ready to be served once it has scenes.

    Args:
        id: Names the experiment and its data folder: 1 to 64 letters, digits, ``-`` and ``_``.

    Attributes:
        parts: What it is made of, as it is written.
        sequence: All scenes that any participant may see; those of wrappers too, in the order of the file.

    Raises:
        ConfigError: ``id`` is something else.
    """

    id: str
    parts: tuple[Scene | SceneWrapper, ...] = field(default=(), init=False)
    sequence: tuple[Scene, ...] = field(default=(), init=False)
    connections: Webrtc = field(default=Webrtc(), init=False)
    known: AttributeRules = field(default_factory=AttributeRules, init=False)
    hooked: Hooks = field(default=Hooks(), init=False)
    consoles: Console = field(default=Console(), init=False)
    entry: Screening | None = field(default=None, init=False)
    endings: Mapping[str, Ending] = field(default_factory=dict, init=False)
    recruits: Recruitment = field(default_factory=Recruitment, init=False)

    def __post_init__(self) -> None:
        check_identifier(self.id, type(self).__name__)

    def scenes(self, *scenes: Scene | SceneWrapper) -> Experiment:
        """The experiment with these scenes, in this order, in place of earlier ones.

        Args:
            scenes: A StartScene, what the participant does, and an EndScene or CompletionCodeScene. In between there
                may be wrappers, whose scenes come in another order, number or choice for each participant.

        Raises:
            ConfigError: The order, an id, a wrapper, or a scene as a whole is wrong.
        """
        parts = only_parts(scenes, "scenes")
        return self._with(parts=parts, sequence=check_flow(parts))

    @property
    def varies(self) -> bool:
        """Whether participants see other scenes, or in another order, than others."""
        return any(isinstance(part, SceneWrapper) for part in self.parts)

    def outcome(
        self,
        name: str,
        *,
        header: str | NotGiven = NOT_GIVEN,
        body: str | NotGiven = NOT_GIVEN,
        code: Code | NotGiven | None = NOT_GIVEN,
        redirect: str | NotGiven | None = NOT_GIVEN,
        redirect_after: float | NotGiven | None = NOT_GIVEN,
    ) -> Experiment:
        """What is said and given to participants with this outcome. A scene's own ``outcome`` wins over it.

        Args:
            name: The outcome, such as ``"completed"`` or ``"partner_left"``.
            header: The heading of their last page, as text; not of ``"completed"``, whose page is the last scene.
            body: HTML of that page, likewise.
            code: True: one of their own. ``ig.secret("ENV_NAME")``: the same for all. None: none.
            redirect: The address to which they go on; may hold ``{code}``, ``{outcome}``, ``{participant_id}``,
                ``{subject_id}`` and names of parameters of their link. None: none.
            redirect_after: Seconds after which they go there by themselves, 0 to 3600; None: by a button only.

        Raises:
            ConfigError: There is no such outcome, or a value is not as above.
        """
        given = {"header": header, "body": body, "code": code, "redirect": redirect, "redirect_after": redirect_after}
        endings = with_ending(self.endings, name, given, allowed=OUTCOMES, scene=None)
        return self._with(endings=endings)

    def recruitment(
        self,
        platform: Literal["prolific", "mturk", "sona", "link"],
        *,
        codes: Mapping[str, Code] | NotGiven = NOT_GIVEN,
        return_url: str | NotGiven | None = NOT_GIVEN,
    ) -> Experiment:
        """Where participants come from: who a link belongs to, and the code and the way back for each outcome.

        Args:
            platform: ``"prolific"``, ``"mturk"``, ``"sona"``, or ``"link"`` for any other.
            codes: Outcome -> the code that it gives, True or ``ig.secret("ENV_NAME")``. Prolific needs that of
                ``"completed"``; on MTurk whoever completes the study gets a code of their own without this.
            return_url: Where those who complete the study, or whose outcome has a code here, go back to: a template as
                in ``outcome``. Known for Prolific; SONA needs its completion URL, with ``{survey_code}``.

        Raises:
            ConfigError: The platform needs something that is not given, or a value is not as above.
        """
        given = {"platform": platform, "codes": codes, "return_url": return_url}
        table = refine(Recruitment(), given, scene=None, method="recruitment")
        table.check()
        return self._with(recruits=table)

    def webrtc(
        self,
        *,
        ice_servers: Sequence[str | Mapping[str, object]] | NotGiven = NOT_GIVEN,
        turn_secret: Secret | NotGiven = NOT_GIVEN,
        force_relay: bool | NotGiven = NOT_GIVEN,
        timeout: float | NotGiven = NOT_GIVEN,
    ) -> Experiment:
        """How the browsers of participants who play with each other connect.

        Args:
            ice_servers: STUN and TURN servers: addresses, or ``dict(urls=[...], username="...", credential=secret)``.
            turn_secret: What the server shares with the TURN servers (coturn's ``static-auth-secret``), as
                ``ig.secret("NAME")``; every participant gets credentials of their own, for a limited time.
            force_relay: Connect by way of the TURN servers only, so that nobody learns a partner's address.
            timeout: Seconds within which a whole group has to be connected; else its members wait for partners again.

        Raises:
            ConfigError: A value is not as above.
        """
        given = {
            "ice_servers": ice_servers,
            "turn_secret": turn_secret,
            "force_relay": force_relay,
            "timeout": timeout,
        }
        return self._with(connections=refine(self.connections, given, scene=None, method="webrtc"))

    def screening(
        self,
        *,
        devices: Sequence[str] | NotGiven | None = NOT_GIVEN,
        browsers: Sequence[str] | Mapping[str, int] | NotGiven | None = NOT_GIVEN,
        blocklist: Sequence[str] | NotGiven = NOT_GIVEN,
        max_ping: float | NotGiven | None = NOT_GIVEN,
        min_ping_samples: int | NotGiven = NOT_GIVEN,
        webrtc: bool | NotGiven = NOT_GIVEN,
        callback: Callable[..., object] | NotGiven | None = NOT_GIVEN,
        callback_timeout: float | NotGiven = NOT_GIVEN,
        fail_closed: bool | NotGiven = NOT_GIVEN,
        messages: Mapping[str, str] | NotGiven = NOT_GIVEN,
    ) -> Experiment:
        """Who may take part: what is measured of everybody on the first page, and the rules that decide on it.

        Args:
            devices: Those that may take part, of ``"desktop"``, ``"tablet"`` and ``"mobile"``. None: all.
            browsers: Those that may take part: names such as ``"Chrome"``, or a dict of names and the oldest version.
                None: all.
            blocklist: Browsers that may not take part.
            max_ping: Milliseconds that a message to the server and back may take, 1 to 60,000. None: any number.
            min_ping_samples: How often that is measured at least, 1 to 50; 5 if not given. Their median counts.
            webrtc: Whether the browser has to be able to connect to others directly.
            callback: ``callback(context)``, async or not, runs on the server with a
                ``interactive_gym.callbacks.ScreeningContext``. None or True accepts; False, or a text for the
                participant, turns them away.
            callback_timeout: Seconds that it may take, 0.1 to 60; 5 if not given.
            fail_closed: Turn away also those of whom a rule cannot tell, and everybody while the callback fails.
            messages: Rule (the name of one of these parameters) -> HTML that those see whom it turns away.

        Raises:
            ConfigError: A value is not as above.
        """
        given = {
            "devices": devices,
            "browsers": browsers,
            "blocklist": blocklist,
            "max_ping": max_ping,
            "min_ping_samples": min_ping_samples,
            "webrtc": webrtc,
            "callback": callback,
            "callback_timeout": callback_timeout,
            "fail_closed": fail_closed,
            "messages": messages,
        }
        return self._with(entry=refine(self.entry or Screening(), given, scene=None, method="screening"))

    def attributes(
        self,
        *,
        initial: Mapping[str, Value] | NotGiven = NOT_GIVEN,
        from_query: Sequence[str] | Mapping[str, str] | NotGiven = NOT_GIVEN,
        from_page: Sequence[str] | NotGiven = NOT_GIVEN,
        hidden: Sequence[str] | NotGiven = NOT_GIVEN,
    ) -> Experiment:
        """What is known of each participant by name: up to 100 numbers, texts of up to 1,000 characters, or flags.

        Hooks, callbacks and matchers see them, the participant's page has them as ``interactiveGym.attributes``, and an
        environment whose factory takes ``attributes`` gets those of its players, as they were when it was seated.

        Args:
            initial: Name -> value with which every participant begins.
            from_query: Parameters of the link that become attributes; or a dict of parameter -> attribute.
            from_page: Names that a page's own script may set, by ``interactiveGym.set(name, value)``. None if not
                given: participants can say anything that their page can.
            hidden: Names that no page is told.

        Raises:
            ConfigError: A name or a value is not as above.
        """
        given = {"initial": initial, "from_query": from_query, "from_page": from_page, "hidden": hidden}
        return self._with(known=refine(self.known, given, scene=None, method="attributes"))

    def hooks(
        self,
        *,
        session_start: Hook | Sequence[Hook] | NotGiven = NOT_GIVEN,
        session_end: Hook | Sequence[Hook] | NotGiven = NOT_GIVEN,
        episode_start: Hook | Sequence[Hook] | NotGiven = NOT_GIVEN,
        episode_end: Hook | Sequence[Hook] | NotGiven = NOT_GIVEN,
        chunk: Hook | Sequence[Hook] | NotGiven = NOT_GIVEN,
        outcome: Hook | Sequence[Hook] | NotGiven = NOT_GIVEN,
        message: Hook | Sequence[Hook] | NotGiven = NOT_GIVEN,
        timeout: float | NotGiven = NOT_GIVEN,
    ) -> Experiment:
        """Functions of yours that the server calls when something has happened, once it is stored.

        Each parameter takes one function or a list, which are called in order, with one argument, away from the event
        loop; they may be async. One that fails hurts no other; that it failed is recorded.

        Args:
            session_start: A game has begun; ``ig.hooks.SessionStart``.
            session_end: A game is over; ``ig.hooks.SessionEnd``.
            episode_start: The first frames of an episode have arrived; ``ig.hooks.EpisodeStart``.
            episode_end: All frames of an episode are stored; ``ig.hooks.EpisodeEnd``.
            chunk: A second of frames has arrived; ``ig.hooks.Chunk``.
            outcome: A participant is done; ``ig.hooks.Outcome``.
            message: A page's own script has called ``interactiveGym.send``; ``ig.hooks.Message``.
            timeout: Seconds after which a function is waited for no longer, 0.1 to 600; 10 if not given.

        Raises:
            ConfigError: It is no function of one argument, or the time is out of its range.
        """
        given = {
            "session_start": session_start,
            "session_end": session_end,
            "episode_start": episode_start,
            "episode_end": episode_end,
            "chunk": chunk,
            "outcome": outcome,
            "message": message,
            "timeout": timeout,
        }
        return self._with(hooked=refine(self.hooked, given, scene=None, method="hooks"))

    def console(self, *, capture: bool | NotGiven = NOT_GIVEN) -> Experiment:
        """What happens to the messages of the browsers' consoles.

        Args:
            capture: Store what pages log, warn of and complain about, and the errors of their scripts, at most 200
                lines of each kind of each page; True if not given.

        Raises:
            ConfigError: It is not True or False.
        """
        return self._with(consoles=refine(self.consoles, {"capture": capture}, scene=None, method="console"))

    def _with(self, **fields: object) -> Experiment:
        """A copy in which these fields are others."""
        changed = copy(self)
        for name, value in fields.items():
            object.__setattr__(changed, name, value)
        return changed

    def run(
        self,
        *,
        host: str | NotGiven = NOT_GIVEN,
        port: int | NotGiven = NOT_GIVEN,
        data_dir: str | Path | NotGiven = NOT_GIVEN,
    ) -> None:
        """Serve the experiment until the process is stopped.

        Args:
            host: Address to listen on; "127.0.0.1", this machine only, if not given. "0.0.0.0" lets other machines in.
            port: TCP port to listen on; 8000 if not given, and any that is free if 0.
            data_dir: Folder in which ``<experiment id>/`` is written; "data" if not given.

        Raises:
            ConfigError: The experiment has no scenes, or a value is not as above.
        """
        hosting = refine(Hosting(), {"host": host, "port": port, "data_dir": data_dir}, scene=None, method="run")
        if not self.sequence:
            raise ConfigError("the experiment has no scenes; add them with .scenes(...)", method="run")
        # Participants' browsers import this module, and have no server.
        from interactive_gym.server.run import serve
        from interactive_gym.server.settings import Settings

        serve(self, Settings(**asdict(hosting)))
