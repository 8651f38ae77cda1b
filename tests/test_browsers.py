from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

import brotli
import pytest

from tests import browsers
from tests.browsers import NoChromium, Way


def _fails(reason: str) -> Way:
    def find() -> Path:
        raise NoChromium(reason)

    return Way(f"way of {reason}", find)


def _never() -> Path:
    raise AssertionError("was tried though an earlier way had worked")


def test_the_first_way_that_works_is_taken() -> None:
    ways = [_fails("nothing"), Way("works", lambda: Path("/opt/chromium")), Way("last", _never)]
    assert browsers.find_chromium(ways) == Path("/opt/chromium")


def test_the_error_names_every_way_that_was_tried() -> None:
    with pytest.raises(NoChromium, match="way of no root: no root\n  way of no network: no network"):
        browsers.find_chromium([_fails("no root"), _fails("no network")])


def test_path_comes_before_an_installation_and_npm_last() -> None:
    assert [way.find for way in browsers.default_ways()] == [browsers.on_path, browsers.from_debian, browsers.from_npm]


def test_a_chromium_on_path_is_found_under_any_of_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoChromium, match="chromium-browser"):
        browsers.on_path()
    (tmp_path / "google-chrome").touch(mode=0o755)
    assert browsers.on_path() == tmp_path / "google-chrome"


def test_debian_is_asked_as_root_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoChromium, match="root"):
        browsers.from_debian()


def test_debian_updates_its_lists_before_it_installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$1" >> {log}\n[ "$1" = update ] || echo > {tmp_path}/chromium\n')
    apt.chmod(0o755)
    (tmp_path / "chromium").touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert browsers.from_debian() == tmp_path / "chromium"
    assert log.read_text().split() == ["update", "install"]


def _tar(folder: str, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"{folder}{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def test_the_npm_package_is_laid_out_so_that_its_browser_finds_its_libraries(tmp_path: Path) -> None:
    show = b'#!/bin/sh\necho "$LD_LIBRARY_PATH" "$FONTCONFIG_PATH" "$@"\n'
    contents = {
        "chromium.br": brotli.compress(show),
        "swiftshader.tar.br": brotli.compress(_tar("", {"libGLESv2.so": b"gl"})),
        "al2023.tar.br": brotli.compress(_tar("lib/", {"libnss3.so": b"nss"})),
        "fonts.tar.br": brotli.compress(_tar("", {"fonts.conf": b"conf"})),
    }
    (tmp_path / "package.tgz").write_bytes(_tar("package/bin/", contents))
    home = tmp_path / "home"
    browsers.unpack(tmp_path / "package.tgz", home)
    assert (home / "libGLESv2.so").exists()
    assert (home / "nss" / "lib" / "libnss3.so").exists()
    assert (home / "fonts" / "fonts.conf").read_text() == browsers.FONTS_CONF
    shown = subprocess.run([home / "start", "--headless"], capture_output=True, text=True, check=True).stdout.split()
    assert shown[0].startswith(f"{home}/nss/lib:")
    assert shown[1:] == [f"{home}/fonts", "--headless"]


def test_webgl_is_asked_for_by_name() -> None:
    try:
        plain, webgl = browsers.chromium()["args"], browsers.chromium(webgl=True)["args"]
    except NoChromium as missing:
        pytest.skip(str(missing))
    assert "--disable-gpu" in plain
    assert "--disable-gpu" not in webgl
    assert set(browsers.SOFTWARE_WEBGL) <= set(webgl)
