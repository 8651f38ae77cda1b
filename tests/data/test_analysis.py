"""What the documentation shows of an analysis works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.data.generated import Generated
from tests.docs.pages import ROOT, page


def test_the_example_draws_how_groups_learn(generated: Generated, tmp_path: Path) -> None:
    program = ROOT / "examples" / "analysis" / "learning.py"
    command = [sys.executable, program, generated.folder, "kitchen"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    together = {key for key in generated.truth.parity if "chef" in generated.truth.sessions[key[0]]}
    unequal = {key for key in together if generated.truth.parity[key] == "mismatch"}
    assert f"{len(together) - len(unequal)} of {len(together)} episodes of kitchen" in done.stdout
    svg = "{http://www.w3.org/2000/svg}"
    learning = ElementTree.parse(tmp_path / "learning.svg").getroot()
    assert len(learning.findall(f"{svg}polyline")) == len({session for session, _ in together})
    assert len(learning.findall(f"{svg}circle")) == 3
    assert ElementTree.parse(tmp_path / "rtt.svg").getroot().findall(f"{svg}circle")


def test_the_snippets_of_the_page_run(generated: Generated) -> None:
    snippets = re.findall(r"```python\n(.*?)```", page("docs/how-to/analyse-data.md"), re.DOTALL)
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(snippet.replace('"data/my-study"', repr(str(generated.folder))), names)
    assert len(snippets) == 4
    for name in ("scores", "done", "unequal", "cut_short", "absent", "distracted", "sizes"):
        assert len(names[name]) > 0, name  # type: ignore[arg-type]
    assert len(names["slow"]) == 0  # type: ignore[arg-type]
    assert set(names["sizes"]) == {"small", "large"}  # type: ignore[call-overload]
