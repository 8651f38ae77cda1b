"""The viewer of recorded episodes, as a researcher has it."""

from __future__ import annotations

import io
import math
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Download, Page, expect
from sqlalchemy import Connection, delete

from interactive_gym.data.schema import chunks, episodes
from tests.e2e.harness import PATIENCE_S, STUDIES, Participant, Server
from tests.replay.recorded import ALONE, TOGETHER, record
from tests.studies import Study
from tests.verifying.played import Played

RED, BLUE, GREEN = (0xDD, 0x22, 0x22), (0x22, 0x22, 0xDD), (0x11, 0xCC, 0x11)
# Where the other player is in each picture, in pixels of the scene.
BLUE_ONES = """() => [...document.querySelectorAll("canvas")].map((canvas) => {
    const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let [count, x, y] = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) {
        if (data[at] > 60 || data[at + 2] < 200) continue;
        [count, x, y] = [count + 1, x + (at / 4) % width, y + Math.floor(at / 4 / width)];
    }
    return [600 * x / count / width, 400 * y / count / height];
})"""


@pytest.fixture
def played(study: Study, tmp_path: Path) -> Played:
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), GREEN).save(picture, "PNG")
    return record(study, tmp_path / "data", picture.getvalue())


@pytest.fixture
def watch(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the viewer of a study's folder. It may ask nobody else for anything, and write nothing to the console."""
    running: list[subprocess.Popen[str]] = []
    complaints: list[str] = []
    context = chromium.new_context(viewport={"width": 1300, "height": 1000})
    context.set_default_timeout(PATIENCE_S * 1000)

    def open_viewer(folder: Path, *arguments: str) -> Page:
        command = [sys.executable, "-m", "interactive_gym.cli", "replay", str(folder), *arguments, "--no-open"]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert running[-1].stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/", running[-1].stdout.readline())
        assert address
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda one: one.url.startswith((address[0], "blob:", "data:")) or complaints.append(one.url))
        page.goto(address[0])
        return page

    yield open_viewer
    context.close()
    for one in running:
        one.terminate()
        one.communicate(timeout=30)
    assert complaints == []


def is_ready(page: Page) -> None:
    page.locator("fieldset:not([disabled])").wait_for()


def status(page: Page) -> str:
    return page.locator(".status").inner_text()


def is_at(page: Page, place: str) -> None:
    """It is shown, with its data."""
    expect(page.locator("output")).to_have_text(re.compile(place), timeout=PATIENCE_S * 1000)


def looked_at(download: Download) -> Image.Image:
    return Image.open(download.path()).convert("RGB")


def saved(page: Page, label: str) -> Download:
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    return download.value


def colours(image: Image.Image) -> set[tuple[int, ...]]:
    return {colour for _, colour in image.getcolors(1 << 24) if isinstance(colour, tuple)}


def test_an_episode_is_played_again_from_its_inputs(played: Played, watch: Callable[..., Page]) -> None:
    page = watch(played.folder, ALONE)
    is_ready(page)
    assert status(page) == "All 60 frames come out as they were recorded."
    is_at(page, "^reset$")
    page.keyboard.press("ArrowRight")
    is_at(page, "^frame 0 · 0.05 s$")
    page.get_by_label("Speed").select_option("8")
    page.keyboard.press("Space")
    is_at(page, "^frame 59 ")
    expect(page.locator("figure .hud")).to_have_text("0 at step 60")
    expect(page.get_by_role("row", name=re.compile("^Terminated"))).to_contain_text("true")
    expect(page.get_by_role("row", name=re.compile("^Infos"))).to_contain_text("<b>where</b>")
    assert page.locator("canvas").count() == 1
    assert page.locator(".data b").count() == 0
    page.keyboard.press("Home")
    is_at(page, "^reset$")
    image = looked_at(saved(page, "Save picture"))
    assert {RED, GREEN} <= colours(image) and BLUE not in colours(image)


def test_an_episode_that_was_interrupted_is_shown_as_far_as_it_goes(played: Played, watch: Callable[..., Page]) -> None:
    def interrupt(connection: Connection) -> None:
        """Its last second never arrived."""
        connection.execute(delete(episodes).where(episodes.c.session_id == ALONE))
        connection.execute(delete(chunks).where(chunks.c.session_id == ALONE, chunks.c.number == 2))

    played.write(interrupt)
    page = watch(played.folder, ALONE)
    is_ready(page)
    assert status(page) == "All 40 frames come out as they were recorded."
    expect(page.locator(".about")).to_have_text(f"0: p-{ALONE} · incomplete: the record ends after frame 39")
    expect(page.get_by_label("Episode").locator("option")).to_have_text("Episode 0 (40 frames, incomplete)")
    page.keyboard.press("End")
    is_at(page, "^frame 39 ")
    expect(page.locator("figure .hud")).to_have_text("0 at step 40")


def test_what_players_saw_is_what_they_expected(played: Played, watch: Callable[..., Page]) -> None:
    """The first two pictures are agent 0's: the same wherever nothing was predicted, and not everywhere."""
    page = watch(played.folder, TOGETHER)
    is_ready(page)
    assert status(page) == "All 60 frames come out as they were recorded."
    page.get_by_label("Episode").select_option("1")
    is_ready(page)
    expect(page.locator(".marks span").first).to_be_attached()
    differing, predicted = [], []
    for frame in range(-1, 60):
        is_at(page, "^reset$" if frame < 0 else f"^frame {frame} ")
        expect(page.locator("figure .hud").nth(2)).to_have_text(f"1 at step {frame + 1}")
        page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
        notes = page.locator("figure .note").all_inner_texts()
        played_at, seen_at, _ = page.evaluate(BLUE_ONES)
        differing += [frame] if math.dist(played_at, seen_at) > 3 else []
        predicted += [frame] if notes[1] else []
        assert notes[0] == ""
        page.keyboard.press("ArrowRight")
    assert differing and set(differing) < set(predicted)
    page.keyboard.press("Home")
    page.keyboard.press("n")
    expect(page.get_by_role("row", name=re.compile("^Frames played again"))).to_contain_text(re.compile("[1-9]"))
    page.get_by_label("what players saw").uncheck()
    expect(page.locator("figure:visible")).to_have_count(1)


def test_the_first_frame_that_differs_is_shown(played: Played, watch: Callable[..., Page]) -> None:
    played.change(ALONE, 25, rewards={"0": 7.0})
    page = watch(played.folder)
    is_ready(page)
    assert status(page).startswith("Frame 25 comes out otherwise than it was recorded.")
    assert "rewards" in status(page) and "7.0" in status(page)
    page.get_by_role("button", name="Go to frame 25").click()
    is_at(page, "^frame 25 ")
    expect(page.locator(".data .difference")).to_contain_text("7.0")


def test_what_real_browsers_played_is_played_again(
    server: Callable[..., Server], participant: Callable[..., Participant], watch: Callable[..., Page]
) -> None:
    served = server(STUDIES / "pulling.py")
    ada, bob = (participant(f"{served.url}/?debug=latency&delay=60&jitter=20") for _ in range(2))
    for one in (ada, bob):
        one.press_primary()
        one.sees("gym")
        one.press_primary()
    for frame in (20, 40, 60):
        ada.until_played(0, frame)
        ada.press("ArrowRight")
        bob.until_played(0, frame)
        bob.press("ArrowLeft")
    ada.until_played(0, 80)
    ada.press("e")
    (episode,) = served.settled(1)[:1]
    last = int(episode["frames"]) - 1

    page = watch(served.folder, episode["session_id"])
    is_ready(page)
    assert status(page) == f"All {last + 1} frames come out as they were recorded."
    page.keyboard.press("End")
    is_at(page, f"^frame {last} ")
    expect(page.locator("figure:visible")).to_have_count(3)
    row = page.get_by_role("row", name=re.compile("^Keys pressed"))
    keys = set()
    for frame in range(last, max(last - 70, 0), -1):
        is_at(page, f"^frame {frame} ")
        keys |= {text for text in row.locator("td").all_inner_texts() if text}
        page.keyboard.press("ArrowLeft")
    assert {"ArrowRight", "ArrowLeft"} <= keys


def test_frames_and_videos_are_saved(played: Played, watch: Callable[..., Page]) -> None:
    page = watch(played.folder, TOGETHER)
    is_ready(page)
    page.keyboard.press("End")
    is_at(page, "^frame 59 ")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    is_at(page, "^frame 55 ")
    frames = saved(page, "Save frames")
    assert frames.suggested_filename == f"{TOGETHER}_ep0_frames.zip"
    with zipfile.ZipFile(frames.path()) as file:
        assert file.testzip() is None
        assert file.namelist() == [f"frame_{frame:06}.png" for frame in range(55, 60)]
        images = [Image.open(io.BytesIO(file.read(name))).convert("RGB") for name in file.namelist()]
    assert all({RED, BLUE, GREEN} <= colours(image) for image in images)
    assert len({image.tobytes() for image in images}) == 5
    assert images[0].width > 3 * 300, "the players' views are in it"
    is_at(page, "^frame 55 ")
    film = saved(page, "Save video")
    assert film.suggested_filename == f"{TOGETHER}_ep0.webm"
    assert Path(film.path()).read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    is_at(page, "^frame 55 ")
