"""Operators, an observer and an agent share a session over a network that loses, doubles and
reorders, whose connections break: everybody gets each event once, in order, and sees the same."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from collab.core import chain, feed, frames, runs, window
from collab.core import commands as c
from collab.core import events as e
from collab.core import state as fold
from collab.core.codes import Refused
from collab.core.drafts import Who
from collab.core.encodings import JSON, MSGPACK, Encoding
from collab.core.events import Event
from collab.core.feed import Feed
from collab.core.state import State
from collab.core.untrusted import Message
from collab.core.visibility import CODES, Sight, sights, view
from collab.core.window import Lens
from tests.figures import figure
from tests.plain import heard
from tests.play import AGENT, OBSERVER, OPERATOR, OWNER, SECOND, opening, uid
from tests.property.session import Session
from tests.unit.test_window import Lying

STEPS = 10_000
"""Steps in one run of the tests, at least."""

LONGEST = 75
"""Steps of one session."""

LOG = uid(0x106)
FEW = 8
"""Entries in a frame up to which every delta is sent."""


class Asked(NamedTuple):
    """A command as its sender keeps it until it is answered."""

    who: Who
    command: c.Command
    command_id: UUID


class Reader:
    """Someone's screen: what is on its way to it, and what it made of what has come."""

    def __init__(self, who: Who, encoding: Encoding, *, deltas: bool = True) -> None:
        self.who, self.encoding = who, encoding
        self.lens = Lens(sights(who.permissions), deltas)
        self.state, self.seq, self.mark = State(), 0, chain.GENESIS[: chain.MARK]
        self.seen: list[int] = []
        self.coming: deque[Message] = deque()
        self.sent = 0

    def come_back(self, log: list[Lying]) -> None:
        """Lose the connection with all that was on its way, and resume by the cursor."""
        at = log[self.seq - 1].chain if self.seq else chain.GENESIS
        assert at[: chain.MARK] == self.mark, "the cursor is not in the log"
        self.coming.clear()
        self.sent = self.seq

    def take(self, data: Message, log: list[Lying]) -> None:
        """Take a frame as the protocol says."""
        frame = heard(data)
        assert isinstance(frame, frames.Events)
        match feed.kind(self.seq, frame.first, frame.last):
            case "gap":
                self.come_back(log)
            case "new":
                for raw in frame.events:
                    self.add(frames.event_or_stub(raw), log)
                self.seq, self.mark = frame.last, frame.mark
                self.state = fold.replace(self.state, seq=frame.last)

    def add(self, entry: Event | frames.Stub, log: list[Lying]) -> None:
        if entry.seq <= self.seq:
            return
        assert not self.seen or entry.seq > self.seen[-1], "out of order, or twice"
        self.seen.append(entry.seq)
        line = log[entry.seq - 1]
        may = view(line.visibility, self.who.permissions) is Sight.FRAME
        assert may == isinstance(entry, Event), "seen by who may not, or withheld from who may"
        if isinstance(entry, Event):
            assert e.encode(entry) == line.content
            self.state = fold.apply(self.state, entry)


WEATHER = [
    *("hint", "hint", "hint", "hint_twice", "lose_hint", "look", "read", "read"),
    *("send", "send", "send", "send", "arrive", "arrive", "arrive", "arrive"),
    *("lose_frame", "double_frame", "disconnect", "retry", "retry"),
]


class Network(Session):
    """The session, one process that follows its log by hints, and the readers at that process."""

    steps = events = 0

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Lying] = []
        self.hints: list[list[Lying]] = []
        self.feed: Feed[Lying] = Feed(0, keep=6)
        self.ready: list[Lying] = []
        self.asked: list[Asked] = []
        self.known: dict[tuple[UUID | None, UUID], tuple[bytes, list[Event]]] = {}
        self.readers = [
            Reader(OPERATOR, MSGPACK),
            Reader(SECOND, JSON),
            Reader(OBSERVER, JSON, deltas=False),
            Reader(AGENT, MSGPACK, deltas=False),
        ]

    @initialize(steps=st.integers(0, 6))
    def begin(self, steps: int) -> None:
        self.put(OWNER, opening())
        for step in range(steps):
            self.go_on(OPERATOR, step, "approve", "executed", ())

    # retries: a log knows what it has committed, and no refusal

    def put(
        self, who: Who, command: c.Command, command_id: UUID | None = None
    ) -> list[Event] | Refused:
        key = command_id or self.fresh()
        known = self.known.get((who.user, key))
        if known is not None:
            assert known[0] == c.encode(command)
            return known[1]
        self.asked.append(Asked(who, command, key))
        made = super().put(who, command, key)
        if not isinstance(made, Refused):
            self.known[who.user, key] = c.encode(command), made
            self.append(made)
            Network.events += len(made)
        return made

    def append(self, made: list[Event]) -> None:
        batch = []
        for event in made:
            content, before = e.encode(event), self.log[-1].chain if self.log else chain.GENESIS
            digest = chain.event_digest(LOG, event.seq, event.time, chain.commitment(b"", content))
            place = (event.seq, CODES[event.visibility], e.passing(event.body), event.time)
            batch.append(Lying(*place, content, digest, chain.link(before, digest)))
            self.log.append(batch[-1])
        self.hints.append(batch)

    def retry(self, data: st.DataObject) -> None:
        """Send again what was perhaps answered: what was followed makes no second event."""
        if not self.asked:
            return
        asked = data.draw(st.sampled_from(self.asked))
        followed = (asked.who.user, asked.command_id) in self.known
        before = len(self.log)
        self.put(*asked)
        assert not followed or len(self.log) == before

    # from the log to the process

    def offer(self, batch: list[Lying]) -> None:
        self.ready += self.feed.offer(batch)

    def hint(self, data: st.DataObject) -> None:
        if self.hints:
            self.offer(self.hints.pop(data.draw(st.integers(0, len(self.hints) - 1))))

    def hint_twice(self, data: st.DataObject) -> None:
        if self.hints:
            self.offer(data.draw(st.sampled_from(self.hints)))

    def lose_hint(self, data: st.DataObject) -> None:
        if self.hints:
            self.hints.pop(data.draw(st.integers(0, len(self.hints) - 1)))

    def look(self, data: st.DataObject) -> None:
        self.feed.heard(len(self.log))

    def read(self, data: st.DataObject) -> None:
        wanted = self.feed.wants()
        if wanted is not None:
            first, last = wanted
            self.offer(self.log[first - 1 : min(last, first + data.draw(st.integers(0, 9)))])

    # from the process to the screens

    def reader(self, data: st.DataObject) -> Reader:
        return data.draw(st.sampled_from(self.readers))

    def send(self, data: st.DataObject) -> None:
        reader = self.reader(data)
        if reader.sent < len(self.ready):
            self.cut(reader, data.draw(st.integers(reader.sent + 1, len(self.ready))))

    def cut(self, reader: Reader, last: int) -> None:
        """Send the next frame as a hub does: far behind, finished messages' deltas are left out."""
        part = self.ready[reader.sent : last]
        floor = fold.passing_from(self.play.states[len(self.ready) - 1]) if len(part) > FEW else 0
        frame = window.frame(reader.sent + 1, part, reader.lens, floor)
        reader.coming.append(reader.encoding.encode(frame))
        reader.sent = last

    def arrive(self, data: st.DataObject) -> None:
        reader = self.reader(data)
        if reader.coming:
            reader.take(reader.coming.popleft(), self.log)

    def lose_frame(self, data: st.DataObject) -> None:
        reader = self.reader(data)
        if len(reader.coming) > 1:
            reader.coming.popleft()

    def double_frame(self, data: st.DataObject) -> None:
        reader = self.reader(data)
        if reader.coming:
            reader.coming.append(reader.coming[0])

    def disconnect(self, data: st.DataObject) -> None:
        self.reader(data).come_back(self.log)

    @rule(data=st.data())
    def the_network_does_something(self, data: st.DataObject) -> None:
        Network.steps += 1
        getattr(self, data.draw(st.sampled_from(WEATHER)))(data)

    @rule(data=st.data())
    def take_a_step(self, data: st.DataObject) -> None:
        Network.steps += 1
        super().take_a_step(data)

    # what holds after each

    @invariant()
    def the_process_has_the_exact_sequence(self) -> None:
        assert len(self.ready) == self.feed.head <= len(self.log)
        assert not self.ready or self.ready[-1] is self.log[len(self.ready) - 1]

    @invariant()
    def whoever_is_at_the_head_sees_the_present(self) -> None:
        for reader in self.readers:
            if reader.seq == len(self.log):
                self.agrees(reader)

    def agrees(self, reader: Reader) -> None:
        truth = self.play.state if reader.lens.deltas else self.compact
        assert reader.state == fold.replace(truth, seq=reader.seq)

    def teardown(self) -> None:
        """Once the network is well again, everybody gets the rest and agrees."""
        super().teardown()
        for event in self.play.events[len(self.log) :]:
            self.append([event])
        self.the_compact_log_gives_the_same_state_whenever_nothing_is_streamed()
        self.feed.heard(len(self.log))
        while (wanted := self.feed.wants()) is not None:
            self.offer(self.log[wanted[0] - 1 : wanted[1]])
        for reader in self.readers:
            self.settle_down(reader)
        queued = [
            ev.body.prompt_id for ev in self.play.events if isinstance(ev.body, e.PromptQueued)
        ]
        assert len(queued) == len(set(queued)), "a prompt was queued twice"

    def settle_down(self, reader: Reader) -> None:
        reader.come_back(self.log)
        if reader.seq < len(self.log):
            self.cut(reader, len(self.log))
            reader.take(reader.coming.popleft(), self.log)
        assert reader.seq == len(self.log)
        self.agrees(reader)
        kept = {line.seq for line in self.log if not line.passing}
        assert kept <= set(reader.seen), "an event never came"


ENOUGH: Any = settings(
    max_examples=STEPS * 5 // (4 * LONGEST),
    stateful_step_count=LONGEST,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_whatever_people_do_and_the_network_loses_everybody_sees_the_same() -> None:
    Network.steps, Network.events, begun = 0, 0, time.monotonic()
    run_state_machine_as_test(Network, settings=ENOUGH)
    took = time.monotonic() - begun
    figure("state machine", f"{Network.steps:,} steps, {Network.events:,} events, {took:.0f} s")
    assert Network.steps >= STEPS
    assert Network.events >= STEPS // 10, "hardly anything happened"


def doubled(self: Feed[Lying], items: list[Lying]) -> list[Lying]:
    self.head += len(items)
    return items


BUGS: dict[str, tuple[Any, str, Any]] = {
    "a gap is not noticed": (feed, "kind", lambda *_: "new"),
    "a hint is taken as it comes": (Feed, "offer", doubled),
    "deltas that matter are left out": (fold, "passing_from", lambda state: state.seq + 1),
    "what is withheld is shown": (window, "_entry", lambda line, lens: msgspec.Raw(line.content)),
    "an older runner is not fenced out": (runs, "fenced", lambda *_: None),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*BUGS[bug])
    once = settings(ENOUGH, derandomize=True, database=None, phases=[Phase.generate])
    with pytest.raises((AssertionError, IndexError)):
        run_state_machine_as_test(Network, settings=once)
