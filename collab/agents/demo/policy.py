"""The policy: what the agent says and does for a request, without a model.

A plan is a generator that yields steps and gets their results back. It is run again from its
start at each turn with the results so far, so it keeps nothing and decides alike each time.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from . import wording
from .wishes import GATED, Call, Tidy, Unclear, Wish, parse
from .wording import Result, names, size_of

KEEP_DAYS = 14


@dataclass(frozen=True)
class Step:
    """What to say, and which tools to call with it; without calls the turn is over."""

    text: str
    calls: list[Call] = field(default_factory=list)


Plan = Generator[Step, list[Result], str]


def next_step(request: str, results: Sequence[Result]) -> Step:
    """Say what comes next for a request, given the results of the calls made so far."""
    plan = _all(parse(request))
    left = list(results)
    try:
        step = next(plan)
        while len(left) >= len(step.calls):
            answers, left = left[: len(step.calls)], left[len(step.calls) :]
            step = plan.send(answers)
    except StopIteration as end:
        return Step(str(end.value))
    return step


def _all(asked: list[Wish]) -> Plan:
    gated = [wish for wish in asked if isinstance(wish, Call) and wish.tool in GATED]
    if len(gated) == len(asked) > 1:
        opening = f"That takes {len(gated)} steps, and each of them needs an approval."
        answers = yield Step(opening, gated)
        return "\n\n".join(map(wording.told, gated, answers))
    ends = []
    for wish in asked:
        ends.append((yield from _one(wish)))
    return "\n\n".join(ends)


def _one(wish: Wish) -> Plan:
    match wish:
        case Tidy(path):
            return (yield from _tidy(path))
        case Call():
            [answer] = yield Step(wording.announced(wish), [wish])
            return wording.told(wish, answer)
        case Unclear():
            return wording.HELP


def _tidy(path: str) -> Plan:
    look = Call("list_files", {"path": path})
    [seen] = yield Step(f"I will look at what is in {path} first.", [look])
    if seen.outcome != "success":
        return wording.told(look, seen)
    entries = [entry for entry in seen.content["entries"] if entry["kind"] == "file"]
    days, kept_names = KEEP_DAYS, {"audit.log"}
    rule = next((entry["path"] for entry in entries if "retention" in entry["path"].lower()), None)
    if rule is not None:
        [read] = yield Step("There is a rule on how long to keep them. I read it.", [_read(rule)])
        days = wording.days_in(read) or days
    old = [
        entry
        for entry in entries
        if entry["age_days"] > days and _may_go(entry["path"], kept_names)
    ]
    if not old:
        return f"{path} is tidy: no log in it is older than {days} days."
    return (yield from _propose(wording.found_old(path, entries, old, days), old))


def _propose(text: str, old: list[wording.Listed]) -> Plan:
    paths = [entry["path"] for entry in old]
    call = Call("delete_files", {"paths": paths})
    [answer] = yield Step(text, [call])
    if answer.outcome != "denied":
        return wording.told(call, answer)
    kept = [path for path in paths if _names_file(answer.reason, path)]
    rest = [entry for entry in old if entry["path"] not in kept]
    if not kept or not rest:
        return wording.told(call, answer)
    second = Call("delete_files", {"paths": [entry["path"] for entry in rest]})
    left = f"{names(second.args['paths'])}, {size_of(rest)}"
    [answer] = yield Step(f"I keep {names(kept)}, as you say. That leaves {left}.", [second])
    return wording.told(second, answer)


def _read(path: str) -> Call:
    return Call("read_file", {"path": path})


def _may_go(path: str, kept: set[str]) -> bool:
    name = PurePosixPath(path).name
    return ".log" in name and name not in kept


def _names_file(reason: str, path: str) -> bool:
    words = {word.strip(".,;:!?\"'`()") for word in reason.split()}
    return path in words or PurePosixPath(path).name in words
