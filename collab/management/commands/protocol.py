"""Writes what others read of the protocol, from its one source in collab.core; decides nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

import msgspec
from django.core.management.base import BaseCommand, CommandError

from collab.core import codes, commands, events, frames
from collab.management.commands._typescript import NOTICE, fields, roots, typescript

ROOT = Path(__file__).resolve().parents[3]


class Command(BaseCommand):
    """Write the TypeScript types, the JSON Schema and the list of codes."""

    help = "Write the generated files of the protocol, or say with --check that they are stale."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail if stale")

    def handle(self, *args: Any, **options: Any) -> None:
        stale = [path for path, text in made().items() if _stored(path) != text]
        if options["check"] and stale:
            names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
            raise CommandError(f"Stale: {names}. Run `python3 manage.py protocol`.")
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made()[path], encoding="utf-8")
            self.stdout.write(f"wrote {path.relative_to(ROOT)}")


def made() -> dict[Path, str]:
    """Give every generated file with its text."""
    return {
        ROOT / "frontend/src/core/generated.ts": typescript(),
        ROOT / "docs/protocol/schema.json": schema(),
        ROOT / "docs/protocol/codes.md": code_lists(),
        ROOT / "docs/protocol/events.md": event_lists(),
    }


def _stored(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def schema() -> str:
    """Give the JSON Schema of every frame, event body, command and of the state."""
    every = [*roots(), *commands.COMMANDS.values()]
    _, parts = msgspec.json.schema_components(every, ref_template="#/$defs/{name}")
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cohelm.v1.json",
        "$comment": NOTICE,
        "events": {name: _ref(body) for name, body in events.BODIES.items()},
        "commands": {name: _ref(wish) for name, wish in commands.COMMANDS.items()},
        "clientFrames": [_ref(frame) for frame in get_args(frames.ClientFrame)],
        "serverFrames": [_ref(frame) for frame in get_args(frames.ServerFrame)],
        "$defs": dict(sorted(parts.items())),
    }
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    return text.replace('"contentEncoding": "base64"', '"contentEncoding": "base16"')


def _ref(struct: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/$defs/{struct.__name__}"}


def code_lists() -> str:
    """Give the Markdown tables of refusals and closes."""
    refusals = _table(
        ("code", "sentence", "again?"),
        ((f"`{r.code}`", r.sentence, _yes(r.retry)) for r in codes.Refusal),
    )
    closes = _table(
        ("number", "code", "sentence", "come back?"),
        ((str(c.number), f"`{c.code}`", c.sentence, _yes(c.retry)) for c in codes.Close),
    )
    return f"<!-- {NOTICE} -->\n\n# Refusals\n\n{refusals}\n\n# Closes\n\n{closes}\n"


def event_lists() -> str:
    """Give the Markdown tables of events and commands with their fields."""
    known = ((name, body, "") for name, body in events.BODIES.items())
    wishes = (
        (name, wish, f" ({wish.sender}, {str(wish.permission.name).lower()})")
        for name, wish in commands.COMMANDS.items()
        if not wish.server_only
    )
    lists = {"Events": known, "Commands": wishes}
    tables = [f"# {title}\n\n{_described(rows)}" for title, rows in lists.items()]
    note = "A field with `?` may be absent. What it then is, and every part, is in [the schema]"
    return f"<!-- {NOTICE} -->\n\n{note}(schema.json).\n\n" + "\n\n".join(tables) + "\n"


def _described(rows: Iterable[tuple[str, type[msgspec.Struct], str]]) -> str:
    return _table(
        ("type", "fields", "meaning"),
        (
            (f"`{name}`", fields(struct), (struct.__doc__ or "").replace("\n    ", " ") + more)
            for name, struct, more in rows
        ),
    )


_yes: Callable[[bool], str] = {True: "yes", False: "no"}.__getitem__


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
