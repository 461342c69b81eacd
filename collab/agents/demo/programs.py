"""Programs: run one of a few, without a shell, on files of the scratch folder only.

Which programs and which of their options is a list, for many a harmless program has an option
that writes or starts something. It decides nothing about who may ask for a run.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import shlex
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass

from typing_extensions import TypedDict

from .scratch import Refused, Scratch

SECONDS = 10
OUTPUT_BYTES = 32 * 1024
PATH = "/usr/bin:/bin"
MEMORY_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Program:
    """The options that are allowed, and how many leading words are no paths."""

    options: str
    words: int = 0
    most: int = 50
    numbered: bool = False


ALLOWED = {
    "cat": Program("n"),
    "date": Program("u", most=0),
    "du": Program("ahks"),
    "echo": Program("n", words=50),
    "grep": Program("chiHlnrvwE", words=1),
    "head": Program("", numbered=True),
    "ls": Program("1ahlrRSt"),
    "sha256sum": Program(""),
    "sort": Program("fhnru"),
    "tail": Program("", numbered=True),
    "uniq": Program("cdiu", most=1),
    "wc": Program("clmw"),
}


class Ran(TypedDict):
    """What a program did; `cut` says that it wrote more than is shown."""

    command: str
    exit_code: int
    output: str
    cut: bool


def checked(command: str, scratch: Scratch) -> list[str]:
    """Split a command into words and refuse all that is not on the list."""
    try:
        words = shlex.split(command)
    except ValueError:
        raise Refused("That command has a quote without its end.") from None
    if not words or words[0] not in ALLOWED:
        raise Refused(f"Only these programs may run: {', '.join(sorted(ALLOWED))}.")
    program = ALLOWED[words[0]]
    paths = _without_options(words[0], words[1:], program)[program.words :]
    if len(paths) > program.most:
        raise Refused(f"{words[0]} takes at most {program.most} paths here.")
    for path in paths:
        if not scratch.holds(path):
            raise Refused(f"{path} is no file or folder of the scratch folder.")
    return words


def _without_options(name: str, words: list[str], program: Program) -> list[str]:
    allowed = rf"-[{program.options}]+" if program.options else r"(?!)"
    if program.numbered:
        allowed = r"-n?\d{1,5}"
        words = shlex.split(re.sub(r"(?<!\S)-n (?=\d)", "-n", shlex.join(words)))
    for word in words:
        if word.startswith("-") and not re.fullmatch(allowed, word):
            raise Refused(f"{name} may not be given {word} here.")
    return [word for word in words if not word.startswith("-")]


async def run(command: str, scratch: Scratch) -> Ran:
    """Run a command in the scratch folder, for at most 10 seconds."""
    words = checked(command, scratch)
    found = shutil.which(words[0], path=PATH)
    if found is None:
        raise Refused(f"This machine has no {words[0]}.")
    process = await asyncio.create_subprocess_exec(
        found,
        *words[1:],
        cwd=scratch.root,
        env={"PATH": PATH, "LC_ALL": "C.UTF-8"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_limit,
    )
    try:
        output, cut = await asyncio.wait_for(_output(process), SECONDS)
        code = await asyncio.wait_for(process.wait(), SECONDS)
    except TimeoutError:
        raise Refused(f"{words[0]} took longer than {SECONDS} seconds and was stopped.") from None
    finally:
        _end(process)
    return Ran(command=command, exit_code=code, output=output, cut=cut)


async def _output(process: asyncio.subprocess.Process) -> tuple[str, bool]:
    assert process.stdout is not None
    data = b""
    while len(data) <= OUTPUT_BYTES and (more := await process.stdout.read(8192)):
        data += more
    cut = len(data) > OUTPUT_BYTES
    if cut:
        _end(process)
        # Its end is seen only when its output is: a reader that stops here would wait for ever.
        while await process.stdout.read(65536):
            pass
    return data[:OUTPUT_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd"), cut


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _limit() -> None:
    """Limit the child, between fork and exec."""
    resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
