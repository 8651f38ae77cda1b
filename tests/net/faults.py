"""What happens to people who play together: lines are cut, tabs hidden, pages reloaded, and servers killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright
from playwright.sync_api import Error as PlaywrightError

from tests import browsers
from tests.e2e.harness import Server
from tests.net.eyes import Watched
from tests.net.lab import Home, Lab
from tests.net.playing import Fingers

LAST_PAGES = frozenset({"end", "outcome", "left_behind"})
BEAT_S = 0.02  # of a machine that is slowed down: it runs for a part of each
FOR_GOOD_S = 3600.0


class Stage:
    """People in front of a game, each with a browser and a line of their own. ``people[k]`` plays ``player<k>``.

    Time passes in ``until`` and ``wait``: keys are typed there, and each new thing that a page says is photographed.
    """

    def __init__(self, lab: Lab, server: Server, people: Sequence[Watched], album: Path) -> None:
        self.lab, self.server, self.people = lab, server, [*people]
        self.struck_at = time.time()  # when something happened to them
        self.gone: set[int] = set()  # whose page was closed
        self._idle: set[int] = set()  # who does not type now
        self._mute: set[int] = set()  # whose page does not answer now
        self._fingers = Fingers(self.people, can_type=self._can_type)
        self._album = album
        self._pictures: set[str] = set()
        album.mkdir(parents=True, exist_ok=True)

    # --- the time that passes ---

    def enter(self) -> None:
        """One after the other, so that it is known who plays whom."""
        for person in self.people:
            self._enlist(person)

    def join(self, person: Watched) -> None:
        """Somebody comes later."""
        self.people.append(person)
        self._enlist(person)

    def _enlist(self, person: Watched) -> None:
        person.press_primary()
        self.until(lambda: person.diary.page in ("waiting", "playing"), "a waiting room", 120)

    def until(self, condition: Callable[[], object], what: str, seconds: float = 90) -> None:
        """Play until ``condition`` holds.

        Raises:
            AssertionError: It does not within ``seconds``; the text has ``what`` and where everybody is.
        """

        def holds() -> bool:
            self._photograph()
            return bool(condition())

        try:
            self._fingers.press_until(holds, seconds)
        except AssertionError:
            where = [(one.diary.page, one.diary.states, one.diary.painted[-1:]) for one in self.people]
            raise AssertionError(f"waited {seconds:g} s in vain for {what}: {where}") from None

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, "the time to pass", seconds + 60)

    def until_frame(self, frame: int, episode: int = 0) -> None:
        """All who are there have seen it."""
        self.until(
            lambda: all((one.diary.latest >= (episode, frame)) for _, one in self._present()),
            f"frame {frame} of episode {episode}",
        )

    def until_page(self, *pages: str, seconds: float = 90) -> None:
        """All who are there see one of these pages."""
        self.until(lambda: all(one.diary.page in pages for _, one in self._present()), " or ".join(pages), seconds)

    def until_over(self, seconds: float = 150) -> None:
        self.until_page(*LAST_PAGES, seconds=seconds)
        self.wait(0.5)  # for a picture of it

    # --- what happens ---

    def cut(self, who: int, seconds: float) -> None:
        """Nothing leaves or reaches this home, as when somebody's line is dead."""
        for other in (None, *(home for home in self.lab.homes if home != self.lab.homes[who])):
            self.lab.cut(self.lab.homes[who], other, seconds)

    def cut_direct(self, seconds: float = FOR_GOOD_S, one: int = 0, other: int = 1) -> None:
        """The two homes do not reach each other, and the server reaches both."""
        self.lab.cut(self.lab.homes[one], self.lab.homes[other], seconds)

    def cut_server(self, *who: int, seconds: float) -> None:
        """These homes do not reach the server, and each other they do."""
        for one in who:
            self.lab.cut(self.lab.homes[one], None, seconds)

    def hide(self, who: int, seconds: float) -> None:
        """Another tab is in front for so long, while the others type on."""
        self.people[who].hide(True)
        with self._away(who):
            self.wait(seconds)
        self.people[who].hide(False)

    def freeze(self, who: int, seconds: float) -> None:
        """The page and its worker stand still, as in a laptop that sleeps."""
        processes = renderers(self.people[who])
        with self._away(who, answers=False):
            for process in processes:
                os.kill(process, signal.SIGSTOP)
            try:
                self.wait(seconds)
            finally:
                for process in processes:
                    os.kill(process, signal.SIGCONT)

    @contextmanager
    def slowed(self, who: int, times: float) -> Iterator[None]:
        """Page and worker run for a part of the time alone: Chromium's own brake is for the page's main thread."""
        processes = renderers(self.people[who])
        over = threading.Event()

        def brake() -> None:
            while not over.is_set():
                for how, seconds in ((signal.SIGSTOP, BEAT_S * (1 - 1 / times)), (signal.SIGCONT, BEAT_S / times)):
                    for process in processes:
                        with suppress(ProcessLookupError):  # of those that are kept ready for another page
                            os.kill(process, how)
                    time.sleep(seconds)

        thread = threading.Thread(target=brake)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def reload(self, *who: int) -> None:
        """By the page itself, and without waiting: at once, if there are several."""
        for one in who:
            self.people[one].page.evaluate("() => void setTimeout(() => location.reload(), 100)")

    def close(self, who: int) -> None:
        """The tab is closed, as by hand."""
        self.gone.add(who)
        self.people[who].page.close(run_before_unload=True)

    def crash(self, who: int) -> None:
        """The tab's process is gone, without a word; the page is opened again."""
        person = self.people[who]
        crashed: list[Page] = []
        person.page.once("crash", lambda page: crashed.append(page))
        with self._away(who, answers=False):
            for process in renderers(person):
                os.kill(process, signal.SIGKILL)
            self.until(lambda: crashed, "a page that is gone")
        person.page = person.new_tab(person.page.context, person.address)  # a driver is done with one that crashed

    def without_server(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """The server is killed, and started again on the same data."""
        self.server.kill()
        meanwhile()
        self.wait(seconds)
        starting = threading.Thread(target=self.server.start)
        starting.start()
        self.until(lambda: not starting.is_alive(), "a server that starts", 120)

    # --- behind it ---

    def _present(self) -> list[tuple[int, Watched]]:
        return [(k, one) for k, one in enumerate(self.people) if k not in self.gone]

    def _can_type(self, position: int) -> bool:
        return position not in self.gone | self._idle and self.people[position].diary.page == "playing"

    @contextmanager
    def _away(self, who: int, *, answers: bool = True) -> Iterator[None]:
        """Somebody does not type meanwhile, and may not even be photographed."""
        self._idle.add(who)
        if not answers:
            self._mute.add(who)
        try:
            yield
        finally:
            self._idle.discard(who)
            self._mute.discard(who)

    def _photograph(self) -> None:
        for position, person in self._present():
            name = person.diary.caption
            file = f"player{position}-{name}.png"
            if not name or file in self._pictures or position in self._mute:
                continue
            self._pictures.add(file)
            try:
                person.page.screenshot(path=self._album / file, timeout=5000)
            except PlaywrightError:  # it is just being loaded anew
                self._pictures.discard(file)


def renderers(person: Watched) -> list[int]:
    """The processes in which the pages of this participant's browser run."""
    session = person.browser.new_browser_cdp_session()
    try:
        listed = session.send("SystemInfo.getProcessInfo")["processInfo"]
    finally:
        session.detach()
    return [int(one["id"]) for one in listed if one["type"] == "renderer"]


@contextmanager
def browser_in(lab: Lab, driver: Playwright, folder: Path, home: Home, kind: str) -> Iterator[Browser]:
    """A ``"chromium"`` or a ``"firefox"`` in a home."""
    options = browsers.firefox() if kind == "firefox" else browsers.chromium()
    options["executable_path"] = lab.browser(home, str(options["executable_path"]), folder)
    browser = (driver.firefox if kind == "firefox" else driver.chromium).launch(**options)
    try:
        yield browser
    finally:
        browser.close()
