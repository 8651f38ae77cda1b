"""Built directories: whether they are still good, how a new one takes its place, and the compressed copies in it."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import brotli

STAMP = ".inputs"

# Brotli's best quality takes 19 s for Pyodide's 9.6 MB of wasm, this one 1 s for a file that is 12 % larger.
BEST_QUALITY_UP_TO_BYTES = 3_000_000
BEST_QUALITY = 11
QUICK_QUALITY = 9
# Wheels and zip files are compressed already; a copy that saves less than this is not worth its place.
WORTHWHILE = 0.9


def fingerprint(files: Iterable[Path], root: Path, *others: str) -> str:
    """A hash over the names (below ``root``) and contents of ``files``, and over ``others``."""
    total = hashlib.blake2b(digest_size=16)
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in files):
        total.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for other in others:
        total.update(f"{other}\n".encode())
    return total.hexdigest()


def is_current(directory: Path, inputs: str) -> bool:
    """Whether ``directory`` was made from exactly these inputs (by :func:`rebuilt`)."""
    stamp = directory / STAMP
    return stamp.is_file() and stamp.read_text() == inputs


@contextmanager
def rebuilt(directory: Path, inputs: str, scratch: Path) -> Iterator[Path]:
    """An empty directory to fill. It takes the place of ``directory`` once the block ends without an error.

    Args:
        directory: What is made anew; what was there stays until then.
        inputs: The fingerprint of what it is made from.
        scratch: Where the new one is prepared, on the same file system.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{directory.name}-", dir=scratch) as temporary:
        fresh = Path(temporary) / "new"
        fresh.mkdir()
        yield fresh
        (fresh / STAMP).write_text(inputs)
        directory.parent.mkdir(parents=True, exist_ok=True)
        if directory.exists():
            directory.rename(Path(temporary) / "old")
        fresh.rename(directory)


def precompress(directory: Path) -> None:
    """Puts ``name.br`` and ``name.gz`` beside every file where that makes it smaller by a tenth or more.

    Both, because browsers ask for Brotli over HTTPS and on localhost only, and for gzip in a lab without certificates.
    """
    with ThreadPoolExecutor() as pool:
        list(pool.map(_compress, [path for path in sorted(directory.rglob("*")) if path.is_file()]))


def _compress(path: Path) -> None:
    data = path.read_bytes()
    quality = BEST_QUALITY if len(data) <= BEST_QUALITY_UP_TO_BYTES else QUICK_QUALITY
    _keep_if_smaller(path.with_name(f"{path.name}.gz"), gzip.compress(data, mtime=0), len(data))
    _keep_if_smaller(path.with_name(f"{path.name}.br"), brotli.compress(data, quality=quality), len(data))


def _keep_if_smaller(path: Path, compressed: bytes, size: int) -> None:
    if len(compressed) < size * WORTHWHILE:
        path.write_bytes(compressed)


def copy_files(names: Iterable[str], source: Path, target: Path) -> None:
    for name in names:
        shutil.copyfile(source / name, target / name)
