"""The shared vectors are fresh, and Python's fold and codec agree with them."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest

from collab.core import events as e
from collab.core import frames
from collab.core import state as fold
from collab.core.encodings import as_json
from collab.core.state import State
from tests.conformance import examples, make, wander
from tests.plain import heard

FOLDS: list[dict[str, Any]] = json.loads((make.FOLDER / "folds.json").read_text())
FRAMES: list[dict[str, Any]] = json.loads((make.FOLDER / "frames.json").read_text())
WANDERINGS: list[dict[str, Any]] = json.loads((make.FOLDER / "wandering.json").read_text())
FEEDS: list[dict[str, Any]] = json.loads((make.FOLDER / "feeds.json").read_text())

OF_WORKSPACES = {
    "workspace.opened",
    "access.changed",
    "agent.added",
    "agent.changed",
    "agent.removed",
}

every_story = pytest.mark.parametrize("story", FOLDS, ids=lambda story: story["name"])


def test_the_vectors_are_what_the_code_makes_today() -> None:
    stale = [path.name for path, text in make.made().items() if path.read_text() != text]
    assert stale == [], "run `python -m tests.conformance.make` and look at what changed"


def test_every_event_of_a_session_is_in_a_story() -> None:
    told = {event["type"] for story in FOLDS for event in story["events"]}
    assert set(e.BODIES) - told == OF_WORKSPACES


def test_the_page_shows_every_exchange_and_every_kind_of_frame() -> None:
    made = examples.examples()
    shown = [name for _, name, _ in examples.BLOCK.findall(make.PAGE.read_text())]
    assert sorted(shown) == sorted([*made, "both encodings"])
    kinds = {type(frame) for said in made.values() for _, frame in said}
    assert kinds == {*get_args(frames.ClientFrame), *get_args(frames.ServerFrame)}


@every_story
def test_the_state_after_each_event_is_the_one_that_both_languages_expect(
    story: dict[str, Any],
) -> None:
    state = State()
    for event, expected in zip(story["events"], story["states"], strict=True):
        state = fold.apply(state, e.decode(msgspec.msgpack.encode(event)))
        assert make.plain(fold.encode(state)) == expected


@every_story
def test_a_snapshot_at_any_place_and_what_follows_give_the_same(story: dict[str, Any]) -> None:
    bodies = [e.decode(msgspec.msgpack.encode(event)) for event in story["events"]]
    for cut in range(0, len(bodies), 7):
        state = fold.decode(msgspec.msgpack.encode(story["states"][cut]))
        for event in bodies[cut + 1 :]:
            state = fold.apply(state, event)
        assert make.plain(fold.encode(state)) == story["states"][-1]


@pytest.mark.parametrize("story", WANDERINGS, ids=lambda story: story["name"])
def test_a_session_that_was_drawn_folds_to_the_states_that_both_languages_expect(
    story: dict[str, Any],
) -> None:
    assert wander.folded(story["name"], story) == story
    for place, cut in story["cuts"].items():
        state = fold.decode(msgspec.msgpack.encode(cut))
        for event in story["events"][int(place) :]:
            state = fold.apply(state, e.decode(msgspec.msgpack.encode(event)))
        assert make.plain(fold.encode(state)) == story["state"]


def test_what_was_drawn_has_most_of_what_can_happen() -> None:
    told = {event["type"] for story in WANDERINGS for event in story["events"]}
    assert set(e.BODIES) - told == OF_WORKSPACES | {"connection.closed", "invitation.taken"}
    assert {kind for story in FEEDS for kind in story["kinds"]} == {"new", "known", "gap"}


@pytest.mark.parametrize("story", FEEDS, ids=lambda story: story["name"])
def test_a_reader_takes_each_event_once_in_order_and_nothing_behind_a_gap(
    story: dict[str, Any],
) -> None:
    assert wander.fed(story["name"], story) == story
    assert story["taken"] == sorted(set(story["taken"]))


@pytest.mark.parametrize("vector", FRAMES, ids=lambda vector: vector["name"])
def test_a_frame_is_read_and_written_byte_for_byte(vector: dict[str, Any]) -> None:
    """Find what the bytes say with a decoder that the server does not write with."""
    data = bytes.fromhex(vector["hex"])
    assert make.plain(data) == vector["frame"]
    if vector["sender"] == "client":
        frame: Any = frames.decode(data, frames.LIMITS["agent"])
        assert frames.decode(json.dumps(vector["frame"]), frames.LIMITS["agent"]) == frame
    else:
        frame = frames.decode_server(data)
        assert heard(json.dumps(vector["frame"])) == frame
        assert json.loads(as_json(frame)) == vector["frame"]
    assert frames.encode(frame) == data
