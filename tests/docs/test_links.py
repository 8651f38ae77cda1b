"""Links between files of the repository lead somewhere."""

from __future__ import annotations

import pytest

from tests.docs.pages import ROOT, anchors, links, page

PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in [*(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md"), *ROOT.glob("*.md")]
)


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for link in links(page(name)):
        file, _, anchor = link.partition("#")
        target = (ROOT / name).parent / file if file else ROOT / name
        assert target.exists(), f"{name}: {link}"
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{name}: {link}"


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("docs")])
def test_every_page_can_be_found(name: str) -> None:
    others = {other: links(page(other)) for other in PAGES if other != name}
    found = {(ROOT / other).parent / link.partition("#")[0] for other, all_ in others.items() for link in all_}
    assert (ROOT / name).resolve() in {path.resolve() for path in found}
