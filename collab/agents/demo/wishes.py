"""Plain requests, understood: text in, tool calls out.

It knows the few forms of words that the agent follows and nothing of files or answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# What a person must approve.
GATED = frozenset({"write_file", "delete_files", "run_program"})


@dataclass(frozen=True)
class Call:
    """One call of a tool."""

    tool: str
    args: dict[str, Any]


@dataclass(frozen=True)
class Tidy:
    """The wish to have a folder of logs tidied."""

    path: str


@dataclass(frozen=True)
class Unclear:
    """A request in no form that the agent knows."""


Wish = Call | Tidy | Unclear

POLITE = re.compile(
    r"^(?:(?:please|hi|hello|hey|ok|okay|and|then|also|now|can you|could you|would you)\b[ ,!]*)+",
    re.I,
)
VERBS = r"(?:write|delete|remove|run|list|read|open|search|find|tidy)"
PARTS = re.compile(rf"\n+|;\s*|,?\s+(?:and\s+)?then\s+|,?\s+and\s+(?={VERBS}\b)", re.I)
FOLDER_WORDS = re.compile(r"\b(?:the|all|our|my|files?|folders?|director(?:y|ies)|in|of)\b", re.I)


def parse(request: str) -> list[Wish]:
    """Read a request as one or more wishes, in their order."""
    found = [_wish(POLITE.sub("", part.strip())) for part in PARTS.split(request) if part.strip()]
    known: list[Wish] = [wish for wish in found if not isinstance(wish, Unclear)]
    return known or [Unclear()]


def _wish(text: str) -> Wish:
    for shape, make in SHAPES:
        if match := shape.match(text):
            return make(*match.groups())
    return Unclear()


def _tidy(rest: str) -> Wish:
    return Tidy(_folder(rest) if _folder(rest) != "." else "logs")


def _list(rest: str) -> Wish:
    return Call("list_files", {"path": _folder(rest)})


def _show(rest: str) -> Wish:
    return _read(rest) if re.search(r"\.\w+\W*$", rest) else _list(rest)


def _read(rest: str) -> Wish:
    return Call("read_file", {"path": _path(re.sub(r"^(?:the )?file ", "", rest, flags=re.I))})


def _search_in(place: str, text: str) -> Wish:
    return Call("search_files", {"text": _plain(text), "path": _folder(place)})


def _search_for(text: str, place: str | None) -> Wish:
    return _search_in(place or "", text)


def _write(text: str, path: str) -> Wish:
    return Call("write_file", {"path": _path(path), "text": _plain(text) + "\n"})


def _write_to(path: str, text: str) -> Wish:
    return _write(text, path)


def _delete(rest: str) -> Wish:
    names = re.split(
        r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+", re.sub(r"^(?:the )?files? ", "", rest, flags=re.I)
    )
    return Call("delete_files", {"paths": [_path(name) for name in names if name]})


def _run(command: str) -> Wish:
    return Call("run_program", {"command": command.strip().strip("`")})


def _plain(text: str) -> str:
    text = text.strip()
    pairs = {('"', '"'), ("'", "'"), ("`", "`"), ("“", "”")}
    return text[1:-1] if len(text) > 1 and (text[0], text[-1]) in pairs else text


def _path(text: str) -> str:
    return _plain(text.strip().rstrip("?!.,")).removeprefix("./") or "."


def _folder(text: str) -> str:
    rest = re.sub(r"\s+", " ", FOLDER_WORDS.sub(" ", text.strip().rstrip("?!.,"))).strip()
    return _path(rest).rstrip("/") or "."


Shape = tuple[str, Callable[..., Wish]]
FORMS: list[Shape] = [
    (r"(?:tidy|clean)(?: up)?\b(.*)", _tidy),
    (r"(?:list|ls|what(?:'s| is) in)\b(.*)", _list),
    (r"(?:read|open)\s+(\S.*)", _read),
    (r"show(?: me)?\b(.*)", _show),
    (r"(?:search|grep)\s+(?!for\b)(.+?)\s+for\s+(.+)", _search_in),
    (r"(?:search|find|grep)\s+(?:for\s+)?(.+?)(?:\s+in\s+(\S.*))?$", _search_for),
    (r"write\s+to\s+(\S+?):?\s+(.+)", _write_to),
    (r"write\s+(.+)\s+(?:to|into)\s+(\S+)$", _write),
    (r"(?:delete|remove|rm)\s+(\S.*)", _delete),
    (r"run\s+(\S.*)", _run),
]
SHAPES = [(re.compile(form, re.I | re.S), make) for form, make in FORMS]
