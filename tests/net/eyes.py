"""What a participant sees, written down by the page itself: it can be read afterwards of a page that is gone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.e2e.harness import Participant

# A browser that Playwright drives takes every page for one that is seen, whatever tab is in front. So the page is told
# otherwise, and given what a hidden one has: no animation frames, and timers of a second. Workers run on, as they do.
WATCH = """(() => {
  let last = "";
  const words = (element) => (element?.innerText ?? "").replace(/\\s+/g, " ").trim();
  const look = () => {
    if (document.body === null) return;
    const veil = document.querySelector(".veil:not([hidden])");
    const kind = document.body.dataset.page ?? "";
    const seen = {
      page: kind,
      state: veil?.dataset.state ?? "",
      text: words(kind === "playing" ? veil?.querySelector(".words") : document.querySelector("article")).slice(0, 400),
      note: words(document.querySelector(".note:not([hidden])")),
    };
    const text = JSON.stringify(seen);
    if (text === last) return;
    last = text;
    window.sawThis?.(JSON.stringify({ ...seen, at: Date.now() }));
  };
  const attributeFilter = ["data-page", "data-state", "hidden"];
  const all = { subtree: true, childList: true, characterData: true, attributeFilter };
  new MutationObserver(look).observe(document, all);

  const log = console.log.bind(console);
  console.log = (...texts) => log(...texts, ...(String(texts[0]).startsWith("frame ") ? [`at ${Date.now()}`] : []));

  let isHidden = false;
  const held = [];
  const { requestAnimationFrame: paint, setTimeout: after } = window;
  window.requestAnimationFrame = (paintIt) => (isHidden ? held.push(paintIt) : paint.call(window, paintIt));
  window.setTimeout = (run, ms, ...rest) => after.call(window, run, isHidden ? Math.max(ms ?? 0, 1000) : ms, ...rest);
  Object.defineProperty(document, "visibilityState", { get: () => (isHidden ? "hidden" : "visible") });
  Object.defineProperty(document, "hidden", { get: () => isHidden });
  document.hasFocus = () => !isHidden;
  window.hideThis = (hidden) => {
    isHidden = hidden;
    window.dispatchEvent(new Event(hidden ? "blur" : "focus"));
    document.dispatchEvent(new Event("visibilitychange"));
    if (!hidden) for (const paintIt of held.splice(0)) paint.call(window, paintIt);
  };
})()"""


@dataclass(frozen=True)
class Sight:
    """What stood on the page from ``at`` (s) on: in its place, or at the edge of the picture (``note``)."""

    at: float
    page: str
    state: str
    text: str
    note: str


@dataclass
class Painted:
    at: float
    episode: int
    frame: int


@dataclass
class Diary:
    """All that one participant has seen, over reloads."""

    sights: list[Sight] = field(default_factory=list)
    painted: list[Painted] = field(default_factory=list)

    def saw(self, text: str) -> None:
        seen: dict[str, Any] = json.loads(text)
        self.sights.append(Sight(seen["at"] / 1000, *(seen[name] for name in ("page", "state", "text", "note"))))

    def heard(self, message: ConsoleMessage) -> None:
        text, _, at = message.text.partition(" at ")
        if text.startswith("frame ") and at:
            episode, frame = text.split()[1].rstrip(":").split("/")
            self.painted.append(Painted(float(at) / 1000, int(episode), int(frame)))

    @property
    def page(self) -> str:
        """Which page is there."""
        return self.sights[-1].page if self.sights else ""

    @property
    def states(self) -> list[str]:
        """What the game said of itself, in order, each once."""
        return [*dict.fromkeys(sight.state for sight in self.sights if sight.page == "playing" and sight.state)]

    @property
    def said(self) -> list[str]:
        """The words with which it stood, or which were beside it; each once, and not every second of a countdown."""
        told = [sight.text for sight in self.sights if sight.state] + [sight.note for sight in self.sights]
        return [*dict.fromkeys(re.sub(r"\(\d+ s\)", "(... s)", text) for text in told if text)]

    def since(self, moment: float) -> list[str]:
        """What was to be seen from ``moment`` (s) on, and after how many seconds; the first 30 things."""
        told: list[tuple[str, float]] = []
        for sight in self.sights:
            what = sight.state or (re.sub(r"\d+", "...", sight.note) if sight.page == "playing" else sight.page)
            if sight.at >= moment and (not told or told[-1][0] != what):
                told.append((what, sight.at - moment))
        return [f"{seconds:.1f} s: {what or 'the game'}" for what, seconds in told[:30]]

    @property
    def last(self) -> str:
        """The words of the page that is there."""
        return self.sights[-1].text if self.sights else ""

    @property
    def latest(self) -> tuple[int, int]:
        """Episode and frame of the latest picture."""
        return (self.painted[-1].episode, self.painted[-1].frame) if self.painted else (-1, -1)

    @property
    def caption(self) -> str:
        """A name for what is to be seen now, if it is worth a picture."""
        if not self.sights:
            return ""
        sight = self.sights[-1]
        if sight.page != "playing":
            return sight.page
        return sight.state or ("note" if sight.note else "")

    @property
    def longest_freeze_s(self) -> float:
        """The longest time between two pictures of one episode."""
        pairs = zip(self.painted, self.painted[1:], strict=False)
        return max((after.at - before.at for before, after in pairs if after.episode == before.episode), default=0.0)


class Watched(Participant):
    """A participant whose page keeps a diary."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.diary = Diary()
        context.expose_function("sawThis", self.diary.saw)
        context.add_init_script(WATCH)
        self.address = f"{url}/?debug=latency"
        assert context.browser is not None
        self.browser: Browser = context.browser
        super().__init__(context, self.address)

    def new_tab(self, context: BrowserContext, url: str) -> Page:
        page = super().new_tab(context, url)
        page.on("console", self.diary.heard)
        return page

    @classmethod
    def opened(cls, browser: Browser, url: str) -> Watched:
        """Somebody new, on a device of their own."""
        return cls(browser.new_context(viewport={"width": 900, "height": 700}), url)

    def hide(self, is_hidden: bool) -> None:
        """Another tab is in front, or not any more."""
        self.page.evaluate("(hidden) => window.hideThis(hidden)", is_hidden)
        assert self.page.evaluate("document.visibilityState") == ("hidden" if is_hidden else "visible")
