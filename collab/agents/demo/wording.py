"""The agent's sentences: what it says before a call and about the result of one.

Results in, text out; what to do next is the policy's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import TypedDict

from .wishes import Call

NO_REASON = {"", "The tool call was denied.", "Cancelled by user."}
HELP = (
    "I look after the files of one scratch folder. I can tidy the logs folder, list a folder, "
    "read a file, search a folder for a text, write a text to a file, delete files and run a few "
    "programs such as wc, grep or du. Whatever changes a file or runs a program waits for an "
    "approval. Try “tidy the logs folder”, or “search logs for ERROR”."
)


class Listed(TypedDict):
    """A file as a listing shows it."""

    path: str
    kind: str
    bytes: int
    age_days: int


@dataclass(frozen=True)
class Result:
    """What became of a call: success, failed or denied, with the tool's answer or a reason."""

    outcome: str
    content: Any

    @property
    def reason(self) -> str:
        """The sentence of whoever denied it, or of the tool that failed."""
        text = self.content if isinstance(self.content, str) else ""
        return "" if text in NO_REASON else text.strip()


def announced(call: Call) -> str:
    """Say what is about to be done."""
    args = call.args
    match call.tool:
        case "list_files":
            return f"Let me see what is in {_place(args['path'])}."
        case "read_file":
            return f"I open {args['path']}."
        case "search_files":
            return f"I search {_place(args['path'])} for “{args['text']}”."
        case "write_file":
            return f"I would write this to {args['path']}. It needs an approval."
        case "delete_files":
            return f"I would delete {names(args['paths'])}. It needs an approval."
        case _:
            return f"I would run `{args['command']}` in the scratch folder. It needs an approval."


def told(call: Call, result: Result) -> str:
    """Say what became of a call."""
    if result.outcome == "denied":
        why = f" The reason given: “{result.reason}”." if result.reason else ""
        return f"That was not approved, so I left everything as it is.{why}"
    if result.outcome != "success":
        return f"That did not work. {result.reason or 'The arguments were not ones I can use.'}"
    return TOLD[call.tool](call, result.content)


def found_old(path: str, entries: Sequence[Listed], old: Sequence[Listed], days: int) -> str:
    """Explain which files of a folder are too old, and propose to delete them."""
    oldest = max(old, key=lambda entry: entry["age_days"])
    left = [_name(entry["path"]) for entry in entries if entry not in old]
    are, them = ("is", "it") if len(left) == 1 else ("are", "them")
    spared = f" {names(left)} {are} recent or in use, so I leave {them} alone." if left else ""
    return (
        f"{path} holds {_count(entries)}, {size_of(entries)} in all. {_count(old).capitalize()} "
        f"{'has' if len(old) == 1 else 'have'} not changed for more than {days} days and "
        f"{'takes' if len(old) == 1 else 'together take'} {size_of(old)}; the oldest, "
        f"{_name(oldest['path'])}, has lain there for {oldest['age_days']} days.{spared}\n\n"
        f"I propose to delete {names([_name(entry['path']) for entry in old])}."
    )


def days_in(result: Result) -> int | None:
    """Find the number of days in a rule that was read."""
    if result.outcome != "success":
        return None
    match = re.search(r"(\d{1,4})\s+days", result.content["text"])
    return int(match[1]) if match else None


def names(paths: Sequence[str]) -> str:
    """Join names as one says them."""
    if len(paths) < 2:
        return "".join(paths) or "nothing"
    return f"{', '.join(paths[:-1])} and {paths[-1]}"


def size_of(entries: Sequence[Any]) -> str:
    """Say how much files hold together."""
    size = sum(int(entry["bytes"]) for entry in entries)
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _listed(call: Call, content: Any) -> str:
    if not content["entries"]:
        return f"{_place(content['path'])} is empty."
    files = [entry for entry in content["entries"] if entry["kind"] == "file"]
    rows = [f"- {e['path']}: {size_of([e])}, {_age(e['age_days'])}" for e in files]
    return (
        f"{_place(content['path'])} holds {_count(files)}, {size_of(files)} in all:\n\n"
        + "\n".join(rows)
    )


def _was_read(call: Call, content: Any) -> str:
    lines = content["text"].splitlines()
    shown = "\n".join(lines[:40])
    more = f"\n\nThese are its first 40 lines of {size_of([content])}." if len(lines) > 40 else ""
    return f"{content['path']} says:\n\n```\n{shown}\n```{more}"


def _found(call: Call, content: Any) -> str:
    matches = content["matches"]
    if not matches:
        return f"Nothing in {_place(content['path'])} holds “{content['text']}”."
    rows = [f"- {m['path']}, line {m['line']}: {m['text']}" for m in matches[:10]]
    more = f"\n\nThese are the first 10 of {len(matches)}." if len(matches) > 10 else ""
    found = "one line" if len(matches) == 1 else f"{len(matches)} lines"
    return f"I found {found} with “{content['text']}”:\n\n" + "\n".join(rows) + more


def _written(call: Call, content: Any) -> str:
    moved = (
        ""
        if content["path"] == call.args["path"]
        else f" The approval changed the place from {call.args['path']}."
    )
    return f"I wrote {size_of([content])} to {content['path']}.{moved}"


def _deleted(call: Call, content: Any) -> str:
    gone = [entry["path"] for entry in content["deleted"]]
    spared = [path for path in call.args["paths"] if path not in gone]
    changed = (
        f" The approval changed my list, so I left {names(spared)} where it was." if spared else ""
    )
    return f"Done. I deleted {names(gone)} and freed {size_of(content['deleted'])}.{changed}"


def _ran(call: Call, content: Any) -> str:
    cut = " It wrote more than I can show." if content["cut"] else ""
    output = content["output"].rstrip() or "(no output)"
    return f"`{content['command']}` ended with {content['exit_code']}.{cut}\n\n```\n{output}\n```"


TOLD = {
    "list_files": _listed,
    "read_file": _was_read,
    "search_files": _found,
    "write_file": _written,
    "delete_files": _deleted,
    "run_program": _ran,
}


def _place(path: str) -> str:
    return "the scratch folder" if path == "." else path


def _count(entries: Sequence[object]) -> str:
    return "one file" if len(entries) == 1 else f"{len(entries)} files"


def _age(days: int) -> str:
    return "changed today" if days == 0 else f"{days} day{'s' * (days != 1)} old"


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]
