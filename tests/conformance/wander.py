"""Draws sessions and frames that nobody would write: `python -m tests.conformance.wander`.

Hypothesis draws them with a fixed seed. What it drew is kept in the repository and not drawn again
in tests, since another version of it would draw something else; what follows from it is made anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from collab.core import events as e
from collab.core import feed
from collab.core import state as fold
from collab.core.state import State
from tests.plain import plain
from tests.play import OWNER, opening
from tests.property.session import ARGUMENTS, Session

SEED = 20_261_121
SESSIONS, STEPS = 60, 80
KEPT = 12
"""Sessions that are kept: those in which the most kinds of things happened, and the most."""

EVERY = 15
"""Events from one state in the vectors to the next."""

FEEDS = 60
FOLDER = Path(__file__).parent
Plain = dict[str, Any]


def drawn(count: int, draw: Callable[[st.DataObject], Plain]) -> list[Plain]:
    """Draw so many, the same at each time."""
    found: list[Plain] = []

    @seed(SEED)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def once(data: st.DataObject) -> None:
        found.append(draw(data))

    once()
    return found


def session(data: st.DataObject) -> Plain:
    """Draw a session in which anybody does anything."""
    machine = Session()
    machine.play.do(OWNER, opening())
    for _ in range(STEPS):
        machine.take_a_step(data)
        if machine.play.state.queue:  # it is taken so soon that nobody would touch it
            name = data.draw(st.sampled_from(["prompt", "recall", "move", "note"]))
            getattr(machine, name)(**data.draw(ARGUMENTS[name]))
    if data.draw(st.booleans()):
        machine.teardown()  # it is closed
    return {"events": [plain(_unpacked(e.encode(event))) for event in machine.play.events]}


def varied(stories: list[Plain]) -> list[Plain]:
    """Give the stories in which the most happened, those first that tell of something new."""
    kept, rest, told = list[Plain](), list(stories), set[str]()
    while len(kept) < KEPT:
        best = max(rest, key=lambda story: (len(_types(story) - told), len(story["events"])))
        rest.remove(best)
        kept.append(best)
        told |= _types(best)
    return kept


def _types(story: Plain) -> set[str]:
    return {event["type"] for event in story["events"]}


def frames(data: st.DataObject) -> Plain:
    """Draw what comes to a reader: ranges that follow, overlap, come again or leave a gap."""
    at, cut = data.draw(st.integers(0, 20)), []
    place = at
    for _ in range(data.draw(st.integers(1, 12))):
        first = max(1, place + 1 + data.draw(st.sampled_from([0, 0, 0, 0, 0, 1, 3, -1, -4])))
        last = first + data.draw(st.integers(0, 6))
        seqs = data.draw(st.sets(st.integers(first, last)))
        cut.append({"first": first, "last": last, "seqs": sorted(seqs)})
        place = max(place, last) if first <= place + 1 else place
    return {"at": at, "frames": cut}


# what follows from what was drawn


def folded(name: str, story: Plain) -> Plain:
    """Give a story with the state after some of its events, and after the last."""
    events, state, cuts = story["events"], State(), {}
    for place, event in enumerate(events, 1):
        state = fold.apply(state, e.decode(_packed(event)))
        if place % EVERY == 0:
            cuts[str(place)] = plain(_unpacked(fold.encode(state)))
    last = plain(_unpacked(fold.encode(state)))
    return {"name": name, "events": events, "cuts": cuts, "state": last}


def fed(name: str, story: Plain) -> Plain:
    """Give what a reader makes of frames: what each is to it, what it takes, where it stands."""
    at, kinds, taken = story["at"], [], []
    for frame in story["frames"]:
        kinds.append(feed.kind(at, frame["first"], frame["last"]))
        if kinds[-1] == "new":
            taken += [seq for seq in frame["seqs"] if seq > at]
            at = frame["last"]
    known = {"name": name, "at": story["at"], "frames": story["frames"]}
    return known | {"kinds": kinds, "taken": taken, "ends": at}


def made() -> dict[Path, list[Plain]]:
    """Give the vectors of what was drawn once."""
    return {
        path: [follow(vector["name"], vector) for vector in json.loads(path.read_text())]
        for path, follow in ((FOLDER / "wandering.json", folded), (FOLDER / "feeds.json", fed))
    }


def _packed(event: Plain) -> bytes:
    data: bytes = msgpack.packb(event)
    return data


def _unpacked(data: bytes) -> Any:
    return msgpack.unpackb(data)


if __name__ == "__main__":
    stories = varied(drawn(SESSIONS, session))
    for path, drawings in (("wandering.json", stories), ("feeds.json", drawn(FEEDS, frames))):
        named = [{"name": f"{path[:-5]} {n}", **drawing} for n, drawing in enumerate(drawings, 1)]
        (FOLDER / path).write_text(json.dumps(named), encoding="utf-8")
