"""Servers that benchmarks start: a program of ``benchmarks.programs`` on loopback, in a process of its own."""

from __future__ import annotations

import asyncio
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

_END_S = 20  # for a server that is told to stop


@asynccontextmanager
async def served(program: str) -> AsyncIterator[str]:
    """Runs ``benchmarks.programs.<program> FOLDER PORT`` until the end of the block; its address is yielded."""
    with tempfile.TemporaryDirectory() as folder, _free_port() as port:
        command = [sys.executable, "-m", f"benchmarks.programs.{program}", folder, str(port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            assert process.stdout
            await asyncio.to_thread(process.stdout.read, 1)  # "Participants join at ..."
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(process)


def allow_many_files() -> None:
    """As many connections as the system lets this process have; half of them is often the default."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


@contextmanager
def _free_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    yield port
