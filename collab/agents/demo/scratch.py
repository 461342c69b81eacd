"""The scratch folder: list, read, search, write and delete files, and reach nothing outside it.

Every path is walked one folder at a time from an open descriptor and no symlink is followed,
so neither `..` nor a link that is swapped in between leads out of the folder.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from typing_extensions import TypedDict

READ_BYTES = 64 * 1024
WRITE_BYTES = 256 * 1024
MATCHES = 100
ENTRIES = 500
DAY = 86_400


class Refused(Exception):
    """A sentence that says why a tool did not do what it was asked to."""


class Entry(TypedDict):
    """One file or folder in a listing; `age_days` counts from its last change."""

    path: str
    kind: str
    bytes: int
    age_days: int


class Match(TypedDict):
    """One line in which the searched text was found."""

    path: str
    line: int
    text: str


@dataclass(frozen=True)
class Scratch:
    """The one folder that the tools may touch."""

    root: Path

    def listing(self, path: str) -> list[Entry]:
        """List a folder with all that lies in it, at most 500 entries."""
        with self._folder(_parts(path)) as folder:
            entries = list(_walk(folder, PurePosixPath(*_parts(path)), ENTRIES + 1))
        if len(entries) > ENTRIES:
            raise Refused(f"{path} holds more than {ENTRIES} entries. Name a smaller folder.")
        return entries

    def read(self, path: str) -> tuple[str, int]:
        """Return the first 64 KiB of a file as text, and its whole size in bytes."""
        with self._open(path, os.O_RDONLY) as file:
            size = os.fstat(file).st_size
            return os.read(file, READ_BYTES).decode("utf-8", "replace").replace(
                "\0", "\ufffd"
            ), size

    def search(self, text: str, path: str) -> list[Match]:
        """Find the lines that hold a text, in capitals or not, at most 100."""
        if not text:
            raise Refused("There is nothing to search for. Name a text.")
        matches: list[Match] = []
        for entry in self._files(path):
            matches += self._matches(text.lower(), entry)
        return matches[:MATCHES]

    def write(self, path: str, text: str) -> int:
        """Write a whole file, making its folders, and return its bytes."""
        data = text.encode()
        if len(data) > WRITE_BYTES:
            raise Refused(f"{path} would be larger than {WRITE_BYTES // 1024} KiB.")
        *folders, _ = _named(path)
        self._make(folders)
        with self._open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
            os.write(file, data)
        return len(data)

    def size(self, path: str) -> int:
        """Return a file's bytes; refuse what is no plain file."""
        with self._open(path, os.O_RDONLY) as file:
            return os.fstat(file).st_size

    def delete(self, path: str) -> int:
        """Delete one plain file and return the bytes it had."""
        size = self.size(path)
        *folders, name = _named(path)
        with self._folder(folders) as folder:
            os.unlink(name, dir_fd=folder)
        return size

    def holds(self, path: str) -> bool:
        """Tell whether a path is a file or folder in here that no symlink leads to."""
        with suppress(Refused), self._folder(_parts(path)):
            return True
        with suppress(Refused), self._open(path, os.O_RDONLY):
            return True
        return False

    def _files(self, path: str) -> list[str]:
        with suppress(Refused):
            return [entry["path"] for entry in self.listing(path) if entry["kind"] == "file"]
        self.size(path)
        return [path]

    def _matches(self, text: str, path: str) -> Iterator[Match]:
        with (
            self._open(path, os.O_RDONLY) as file,
            os.fdopen(os.dup(file), errors="replace") as lines,
        ):
            for number, line in enumerate(lines, 1):
                if text in line.lower():
                    yield Match(
                        path=path, line=number, text=line.rstrip()[:200].replace("\0", "\ufffd")
                    )

    def _make(self, folders: list[str]) -> None:
        for depth in range(len(folders)):
            with self._folder(folders[:depth]) as parent, suppress(FileExistsError):
                os.mkdir(folders[depth], dir_fd=parent)

    @contextmanager
    def _folder(self, parts: list[str]) -> Iterator[int]:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts:
                below = _opened(part, flags, folder, "/".join(parts))
                os.close(folder)
                folder = below
            yield folder
        finally:
            os.close(folder)

    @contextmanager
    def _open(self, path: str, flags: int) -> Iterator[int]:
        *folders, name = _named(path)
        with self._folder(folders) as folder:
            file = _opened(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, folder, path)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise Refused(f"{path} is not a plain file.")
            yield file
        finally:
            os.close(file)


def _parts(path: str) -> list[str]:
    if "\0" in path or len(path) > 1000:
        raise Refused("That is not a path.")
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        raise Refused(f"{path} lies outside the scratch folder. Name a path inside it.")
    return list(pure.parts)


def _named(path: str) -> list[str]:
    parts = _parts(path)
    if not parts:
        raise Refused("That is the scratch folder itself. Name a file in it.")
    return parts


def _opened(name: str, flags: int, folder: int, path: str) -> int:
    try:
        return os.open(name, flags, 0o644, dir_fd=folder)
    except FileNotFoundError:
        raise Refused(f"There is no {path}.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be opened here: {os.strerror(error.errno or 0)}.") from None


def _walk(folder: int, at: PurePosixPath, room: int) -> Iterator[Entry]:
    for name in sorted(os.listdir(folder))[:room]:
        about = os.stat(name, dir_fd=folder, follow_symlinks=False)
        yield _entry(at / name, about)
        if stat.S_ISDIR(about.st_mode) and len(at.parts) < 8:
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            try:
                yield from _walk(below, at / name, room)
            finally:
                os.close(below)


def _entry(path: PurePosixPath, about: os.stat_result) -> Entry:
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
    kind = kinds.get(stat.S_IFMT(about.st_mode), "other")
    age = max(0, int(time.time() - about.st_mtime) // DAY)
    size = about.st_size if kind == "file" else 0
    return Entry(path=str(path), kind=kind, bytes=size, age_days=age)
