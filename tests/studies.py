"""Studies and distributions that tests write into a temporary folder."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from interactive_gym.cli.loading import load_experiment
from interactive_gym.experiment import Experiment

ENVIRONMENT = """
class Counter:
    def reset(self, *, seed=None, options=None):
        self.count = 0
        return self.count, {}

    def step(self, action):
        self.count += action
        return self.count, 1.0, self.count > 5, False, {}


class Discrete:
    n = 2
    start = 0

    def contains(self, action):
        return action in (0, 1)

    def sample(self):
        return 1


def make():
    env = Counter()
    env.action_space = env.observation_space = Discrete()
    return env


def draw(env, surface):
    surface.circle(x=env.count, y=10, r=5)
"""

EXPERIMENT = """
import interactive_gym as ig
from {module} import draw, make

experiment = ig.Experiment("study").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("game")
    .environment(make)
    .rendering(draw=draw)
    .gameplay(actions={{"ArrowRight": 1}}, default_action=0){more},
    ig.EndScene("thanks"),
)
"""


@dataclass(frozen=True)
class Study:
    """A folder with an experiment, and one that stands for site-packages; both are in ``sys.path``."""

    folder: Path
    site: Path
    loaded: list[str] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    def load(self, *, module: str = "world", more: str = "") -> Experiment:
        """An experiment whose ``make`` and ``draw`` come from ``module``; its game has the calls ``more`` too."""
        return self.load_text(EXPERIMENT.format(module=module, more=more))

    def load_text(self, text: str) -> Experiment:
        """The experiment that ``text`` defines, as ``study.py``."""
        return load_experiment(self.write("study.py", text))

    def world(self, extra: str = "") -> Path:
        """``world.py`` with an environment, and ``extra`` before it."""
        return self.write("world.py", dedent(extra) + ENVIRONMENT)

    def install(self, name: str, files: dict[str, str], *, requires: tuple[str, ...] = (), metadata: str = "") -> None:
        """Put a distribution into site-packages as pip would."""
        info = f"{name.replace('-', '_')}-1.0.dist-info"
        lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0", *(f"Requires-Dist: {line}" for line in requires)]
        files = {**files, f"{info}/METADATA": "\n".join(filter(None, [*lines, metadata])) + "\n", f"{info}/RECORD": ""}
        files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in files)
        for path, text in files.items():
            target = self.site / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")

    def install_editable(self, name: str, source: Path, *, finder: dict[str, str] | None = None) -> None:
        """As ``pip install -e``: a ``.pth`` file, or with ``finder`` the module that setuptools writes instead."""
        info = f"{name}-1.0.dist-info"
        origin = json.dumps({"url": source.as_uri(), "dir_info": {"editable": True}})
        files = {f"{info}/direct_url.json": origin}
        if finder is None:
            files[f"{name}.pth"] = f"{source}\n"
            sys.path.append(str(source))
        else:
            files[f"__editable___{name}_finder.py"] = f"MAPPING: dict[str, str] = {finder!r}\n"
        self.install(name, files)

    def forget(self) -> None:
        """Undo what importing the study left in this process."""
        for name, module in [*sys.modules.items()]:
            if str(getattr(module, "__file__", None) or "").startswith(str(self.folder.parent)):
                del sys.modules[name]
        sys.path[:] = [path for path in sys.path if not path.startswith(str(self.folder.parent))]
