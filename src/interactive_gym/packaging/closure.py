"""From the distributions that are imported to all that a browser gets, from here or from Pyodide."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from interactive_gym.errors import ConfigError
from interactive_gym.packaging.distributions import Environment, Installed
from interactive_gym.packaging.modules import Needed, Place
from interactive_gym.packaging.own import OWNER
from interactive_gym.packaging.pyodide import BROWSER_MARKERS, Pyodide

_DRAWN_BY_US = {"pygame", "pygame-ce"}  # the worker has a stand-in for `import pygame`


@dataclass(frozen=True)
class LeftOut:
    """A distribution that no browser gets, and why that should do no harm."""

    name: str
    reason: str


@dataclass
class Closure:
    """``shipped`` go into the archive as they are installed here; ``compiled`` are names of Pyodide's lock file."""

    shipped: list[Installed] = field(default_factory=list)
    compiled: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def requirements_of(packages: Iterable[tuple[str, Place]]) -> list[tuple[Requirement, Place]]:
    """Parse what ``GymScene.runtime(packages=...)`` names: distributions, perhaps with extras.

    Raises:
        ConfigError: Something is not the name of a distribution.
    """
    found = []
    for text, place in packages:
        try:
            found.append((Requirement(text), place))
        except InvalidRequirement as error:
            raise ConfigError(f"{place.text}: {text!r} is not the name of a distribution, such as 'numpy'.") from error
    return found


def close(
    needed: Needed,
    requested: list[tuple[Requirement, Place]],
    environment: Environment,
    pyodide: Pyodide,
    imported_at_start: Callable[[], set[str]],
) -> Closure:
    """Follow ``Requires-Dist``, with markers as they are in the browser.

    Args:
        needed: What the researcher's modules import.
        requested: What ``runtime(packages=...)`` adds.
        environment: What is installed here.
        pyodide: Whose compiled packages there are.
        imported_at_start: Names of all distributions whose import cannot be avoided; called only if that matters.

    Raises:
        ConfigError: A distribution that cannot be done without is not installed, or compiled and unknown to Pyodide.
    """
    search = _Search(needed, environment, pyodide, imported_at_start)
    search.must_have |= {canonicalize_name(requirement.name): place for requirement, place in requested}
    search.requested = {canonicalize_name(requirement.name) for requirement, _ in requested}
    for name in [*needed.distributions, *needed.guarded]:
        search.enter(Requirement(name))
    for requirement, _ in requested:
        search.enter(requirement)
    return search.result()


@dataclass
class _Search:
    needed: Needed
    environment: Environment
    pyodide: Pyodide
    imported_at_start: Callable[[], set[str]]
    requested: set[str] = field(default_factory=set)
    found: Closure = field(default_factory=Closure)
    seen: set[tuple[str, frozenset[str]]] = field(default_factory=set)
    known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.must_have = dict(self.needed.distributions)

    def enter(self, requirement: Requirement) -> None:
        """Decide about one requirement, then about those of its distribution."""
        name = canonicalize_name(requirement.name)
        extras = frozenset(requirement.extras)
        if name == OWNER or (name, extras) in self.seen:
            return
        self.seen.add((name, extras))
        installed = self.environment.get(name)
        if name not in self.known:
            self.known.add(name)
            self._decide(name, installed)
        if installed in self.found.shipped:
            assert installed is not None
            for further in installed.requirements:
                if _applies(further, extras):
                    self.enter(further)

    def result(self) -> Closure:
        """Pyodide's own dependencies come from Pyodide too, so that there are not two versions of one package."""
        wheels = {wheel.name for wheel in self.pyodide.wheels(self.found.compiled)}
        self.found.shipped = [dist for dist in self.found.shipped if dist.name not in wheels]
        self.found.shipped.sort(key=lambda installed: installed.name)
        self.found.compiled.sort()
        return self.found

    def _decide(self, name: str, installed: Installed | None) -> None:
        wheel = self.pyodide.wheel(name)
        if name in _DRAWN_BY_US and not ("pygame-ce" in self.requested and name == "pygame-ce"):
            self._leave_out(name, "drawing is done by draw() or render(); `import pygame` finds a stand-in")
        elif installed is not None and not installed.is_compiled:
            self.found.shipped.append(installed)
        elif wheel is not None and (name in self.must_have or self.pyodide.has(wheel) or self._is_reached(name)):
            self.found.compiled.append(wheel.name)
        elif name in self.must_have:
            raise ConfigError(self._impossible(name, installed))
        elif installed is None:
            self._leave_out(name, "it is not installed here, so nothing that runs here needs it")
        elif wheel is not None:
            self._leave_out(name, f'nothing imports it at the start; .runtime(packages=("{name}",)) adds it')
        else:
            self._leave_out(name, "it is compiled, there is no build for browsers, and your modules do not import it")

    def _is_reached(self, name: str) -> bool:
        return name in self.imported_at_start()

    def _leave_out(self, name: str, reason: str) -> None:
        self.found.left_out.append(LeftOut(name, reason))

    def _impossible(self, name: str, installed: Installed | None) -> str:
        place = self.must_have[name].text
        if installed is None:
            return f"{place}: the distribution {name!r} is not installed here. Run: pip install {name}"
        return (
            f"{place}: {name} {installed.version} is compiled code, and Pyodide has no build of it, so it cannot run "
            f"in a browser. Keep this import out of the modules that the environment, draw and the policies import."
        )


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({**BROWSER_MARKERS, "extra": extra}) for extra in (*extras, ""))
