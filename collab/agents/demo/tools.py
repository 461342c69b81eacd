"""The demo agent's tools: what a model may ask for, and which of it a person must allow first.

Each executed call is written to the journal before it acts; what a tool may not do becomes a
failed result with a sentence, never an exception of the run.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_ai import ToolFailed
from typing_extensions import TypedDict

from . import programs
from .scratch import Entry, Match, Refused, Scratch


class Listed(TypedDict):
    """A folder and what lies in it."""

    path: str
    entries: list[Entry]


class Text(TypedDict):
    """A file's text; `cut` says that the file is longer than what is shown."""

    path: str
    bytes: int
    text: str
    cut: bool


class Found(TypedDict):
    """The lines that hold a text."""

    text: str
    path: str
    matches: list[Match]


class Written(TypedDict):
    """A file that was written."""

    path: str
    bytes: int


class Deleted(TypedDict):
    """The files that were deleted."""

    deleted: list[Written]


@dataclass(frozen=True)
class Tools:
    """The tools on one scratch folder, with their journal."""

    scratch: Scratch
    journal: Path | None = None

    def free(self) -> list[Callable[..., Any]]:
        """Name the tools that only look."""
        return [self.list_files, self.read_file, self.search_files]

    def gated(self) -> list[Callable[..., Any]]:
        """Name the tools that need a person's approval."""
        return [self.write_file, self.delete_files, self.run_program]

    def list_files(self, path: str = ".") -> Listed:
        """List a folder with the size in bytes and the age in days of all that lies in it."""
        with self._acting("list_files", path=path):
            return Listed(path=path, entries=self.scratch.listing(path))

    def read_file(self, path: str) -> Text:
        """Read a text file, at most its first 64 KiB."""
        with self._acting("read_file", path=path):
            text, size = self.scratch.read(path)
            return Text(path=path, bytes=size, text=text, cut=size > len(text.encode()))

    def search_files(self, text: str, path: str = ".") -> Found:
        """Find the lines that hold a text in a file or in all files of a folder."""
        with self._acting("search_files", text=text, path=path):
            return Found(text=text, path=path, matches=self.scratch.search(text, path))

    def write_file(self, path: str, text: str) -> Written:
        """Write a whole text file, replacing what it held."""
        with self._acting("write_file", path=path, text=text):
            return Written(path=path, bytes=self.scratch.write(path, text))

    def delete_files(self, paths: list[str]) -> Deleted:
        """Delete plain files; none is deleted when one of them cannot be."""
        with self._acting("delete_files", paths=paths):
            once = list(dict.fromkeys(paths))
            for path in once:
                self.scratch.size(path)
            return Deleted(deleted=[Written(path=p, bytes=self.scratch.delete(p)) for p in once])

    async def run_program(self, command: str) -> programs.Ran:
        """Run one of the allowed programs, without a shell, on files of the folder."""
        with self._acting("run_program", command=command):
            return await programs.run(command, self.scratch)

    @contextmanager
    def _acting(self, tool: str, **args: object) -> Iterator[None]:
        self._note({"time": round(time.time(), 3), "tool": tool, "args": args})
        try:
            yield
        except Refused as refused:
            raise ToolFailed(str(refused)) from None
        except OSError as error:
            raise ToolFailed(f"The machine said no: {error.strerror}.") from None

    def _note(self, line: dict[str, object]) -> None:
        if self.journal is None:
            return
        file = os.open(self.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, json.dumps(line).encode() + b"\n")
        finally:
            os.close(file)
