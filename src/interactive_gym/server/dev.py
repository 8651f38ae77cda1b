"""``/dev``: join as several participants, each in a tab of its own, and see where they are."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from interactive_gym.data import people
from interactive_gym.data.people import Participant
from interactive_gym.server.desk import Desk

OFFERED = 4  # links to participants who have not joined yet
_PREFIX = "dev-"
_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta http-equiv="refresh" content="2">
<title>$title · participants</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1rem/1.6 system-ui, sans-serif; margin: 3rem auto; max-width: 52rem; padding: 0 1rem }
  h1 { margin-bottom: 0 }
  .join a { display: inline-block; margin: .3rem .5rem .3rem 0; padding: .5rem 1.1rem; border-radius: 2rem;
            background: #1f5fd0; color: white; text-decoration: none; font-weight: 600 }
  table { border-collapse: collapse; width: 100% }
  td, th { padding: .4rem 1rem .4rem 0; text-align: left; border-bottom: 1px solid #8884 }
</style>
<h1>$title</h1>
<p>Each link opens a participant of their own, in a tab of its own. Save the experiment's file, and the server starts
again. Add <code>?debug=latency</code> to an address for the times of each frame on the console. What happens is written
to <code>$folder</code>.</p>
<p class="join">$links</p>
<table>
<tr><th>Participant</th><th>Link</th><th>State</th><th>Scene</th><th>Outcome</th><th>Connected</th></tr>
$rows
</table>
</html>
""")


class Dev:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [Route("/dev", self._page, methods=["GET"])]

    async def _page(self, _: Request) -> Response:
        present = await self._desk.store.read(people.everybody)
        links = " ".join(_link(number, f"Join as participant {number}") for number in _unused(present))
        rows = "\n".join(self._row(who) for who in present)
        title = escape(self._desk.study.experiment.id)
        folder = escape(str(self._desk.files.folder))
        page = _PAGE.substitute(title=title, folder=folder, links=links, rows=rows)
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    def _row(self, who: Participant) -> str:
        number = _number(who)
        link = "" if number is None else _link(number, f"{_PREFIX}{number}")
        connected = "yes" if self._desk.presence.connected(who.id) else ""
        cells = [escape(who.id), link, who.state, escape(who.scene_id), who.outcome or "", connected]
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _link(number: int, text: str) -> str:
    """Without an opener the new tab shares no session storage with this one, as tabs of two participants would not."""
    return f'<a href="/{_PREFIX}{number}" target="_blank" rel="noopener">{text}</a>'


def _number(who: Participant) -> int | None:
    prefix, _, number = (who.subject_id or "").rpartition("-")
    return int(number) if f"{prefix}-" == _PREFIX and number.isascii() and number.isdecimal() else None


def _unused(present: Sequence[Participant]) -> list[int]:
    used = {_number(who) for who in present}
    return [number for number in range(1, len(present) + OFFERED + 1) if number not in used][:OFFERED]
