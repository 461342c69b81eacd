"""Random people ask for random things in any order; what is promised of a log holds after each.

This is one half of a state machine; the other is the network between them, in test_network.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from collab.core import commands as c
from collab.core import events as e
from collab.core import state as fold
from collab.core.codes import Refused
from collab.core.drafts import Who
from collab.core.events import Event
from collab.core.standing import TELLING, standing
from collab.core.state import State
from permissions.roles import ROLES, Permission
from tests.play import (
    AGENT,
    OBSERVER,
    OPERATOR,
    OTHER_AGENT,
    OWNER,
    PEOPLE,
    SECOND,
    SYSTEM,
    Play,
    asks,
    delta,
    message,
    opened,
    opening,
    someone,
    uid,
)

PERSONS = [OWNER, OPERATOR, SECOND, OBSERVER, someone(0xA9, "Nia", "operator")]
AGENTS = [AGENT, AGENT, AGENT, OTHER_AGENT]
persons, agents = st.sampled_from(PERSONS), st.sampled_from(AGENTS)
offsets = st.sampled_from([0, 0, 0, 0, 0, -1, 1])
small = st.integers(0, 3)
keys = st.sampled_from(["m1", "m2", "t1", ""])
texts = st.text(max_size=5)
outcomes = st.sampled_from(["executed", "failed", "unknown", "expired", "cancelled"])


@st.composite
def output(draw: st.DrawFn) -> e.AgUi:
    """Give an AG-UI event, mostly one that makes sense."""
    kind = draw(st.sampled_from(["START", "CONTENT", "CONTENT", "END", "CALL", "ARGS", "ODD"]))
    key, text = draw(keys), draw(texts)
    match kind:
        case "START" | "END":
            return {"type": f"TEXT_MESSAGE_{kind}", "messageId": key}
        case "CONTENT":
            return delta(text, key)
        case "CALL":
            return {"type": "TOOL_CALL_START", "toolCallId": key, "toolCallName": text}
        case "ARGS":
            return {"type": "TOOL_CALL_ARGS", "toolCallId": key, "delta": text}
        case _:
            return {"type": draw(st.sampled_from(["STEP_STARTED", "CUSTOM", "X"])), "v": text}


outputs = st.lists(output(), min_size=1, max_size=4).map(tuple)


STEPS: list[str] = []
"""The name of every step, as often as it shall be likely (rules are all as likely)."""

ARGUMENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {}

F = TypeVar("F", bound=Callable[..., None])


def step(weight: int = 1, **arguments: st.SearchStrategy[Any]) -> Callable[[F], F]:
    """Make a method one of the steps."""

    def made(method: F) -> F:
        STEPS.extend([method.__name__] * weight)
        ARGUMENTS[method.__name__] = st.fixed_dictionaries(arguments)
        return method

    return made


class Session(RuleBasedStateMachine):
    """One session and whoever comes by; a refusal has to change nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play()
        self.compact = State()
        self.told = State()
        self.folded = 0
        self.decided: dict[UUID, int] = {}
        self.dispatched: set[UUID] = set()
        self.runs: set[UUID] = set()
        self.ids = 0x100

    def ask(
        self, who: Who, command: c.Command, command_id: UUID | None = None
    ) -> list[Event] | Refused:
        parsed = c.parse(msgspec.msgpack.decode(c.encode(command)))
        return parsed if isinstance(parsed, Refused) else self.put(who, parsed, command_id)

    def put(
        self, who: Who, command: c.Command, command_id: UUID | None = None
    ) -> list[Event] | Refused:
        """Put a command as the server does, with those that no client may send."""
        before, seq = self.play.state, len(self.play.events)
        made = self.play.ask(who, command, command_id)
        if isinstance(made, Refused):
            assert self.play.state is before
            assert len(self.play.events) == seq
        else:
            self.follow(who, command, before, made)
        return made

    def follow(self, who: Who, command: c.Command, before: State, made: list[Event]) -> None:
        """Look at what was followed: who, under which claim, and what may happen only once."""
        assert made
        assert command.permission in who.permissions
        assert command.sender == who.kind
        assert all(event.actor == who.user for event in made)
        if isinstance(command, c.ClaimedCommand):
            assert before.claim is not None
            assert before.agent is not None
            assert (command.claim, who.user) == (before.claim.number, before.agent.user)
        for event in made:
            self.watch(event)

    def watch(self, event: Event) -> None:
        match event.body:
            case e.ApprovalDecided(approval_id=key):
                assert key not in self.decided, "decided twice"
                self.decided[key] = event.seq
            case e.ApprovalDispatched(approval_ids=ids):
                assert self.dispatched.isdisjoint(ids), "dispatched twice"
                assert all(key in self.decided for key in ids), "dispatched undecided"
                self.dispatched.update(ids)
            case e.ApprovalSettled(approval_id=key, outcome="executed" | "failed"):
                assert key in self.dispatched, "settled without a dispatch"
            case e.RunStarted(run_id=run_id):
                assert run_id not in self.runs, "begun twice"
                self.runs.add(run_id)

    def fresh(self) -> UUID:
        self.ids += 1
        return uid(self.ids)

    def run_id(self, right: int) -> UUID:
        run, ended = self.play.state.run, self.play.state.ended
        if run is not None and right:
            return run.run_id
        return ended.run_id if ended is not None and right == 0 else uid(0xDEAD)

    def claim(self, offset: int) -> int:
        claim = self.play.state.claim
        return (claim.number if claim else 0) + offset

    def approval(self, place: int) -> UUID:
        state = self.play.state
        known = [*state.approvals, *state.settled]
        return known[place % len(known)] if known else uid(0xDEAD)

    # the likely next step, so that random steps meet every stage

    @initialize(steps=st.integers(0, 6))
    def begin(self, steps: int) -> None:
        self.play.do(OWNER, opening())
        for step in range(steps):
            self.go_on(OPERATOR, step, "approve", "executed", (*opened("m1"), delta("hi", "m1")))

    @step(
        24,
        who=st.sampled_from([OPERATOR, SECOND, OWNER]),
        pick=st.integers(0, 9),
        decision=st.sampled_from(["approve", "reject"]),
        outcome=st.sampled_from(["executed", "failed", "unknown"]),
        events=outputs,
    )
    def go_on(
        self,
        who: Who,
        pick: int,
        decision: e.Decision,
        outcome: Any,
        events: tuple[e.AgUi, ...],
    ) -> None:
        """Do what would come next if nobody interfered."""
        state = self.play.state
        if state.claim is None:
            self.ask(AGENT, c.AgentAttach("r1"))
        elif state.approvals:
            self.answer(who, decision, outcome)
        elif state.run is not None:
            self.work(state.run.run_id, pick, events)
        elif state.queue:
            prompts = (state.queue[0].prompt_id,)
            self.ask(AGENT, c.RunStart(state.claim.number, self.fresh(), prompts))
        else:
            self.ask(who, c.PromptQueue("more"))

    def answer(self, who: Who, decision: e.Decision, outcome: Any) -> None:
        key, approval = next(iter(self.play.state.approvals.items()))
        run_id, claim = approval.run_id, self.claim(0)
        match approval.stage:
            case "requested":
                shown = self.play.state.seq
                digest = approval.args_digest
                self.ask(who, c.ApprovalDecide(key, decision, digest, shown))
            case "decided":
                group = approval.request.group_id
                made = self.ask(AGENT, c.ApprovalDispatch(claim, run_id, group))
                waiting = next((k for k in self.requested() if k != key), None)
                if isinstance(made, Refused) and waiting is not None:
                    other = self.play.state.approvals[waiting]
                    shown = self.play.state.seq
                    digest = other.args_digest
                    self.ask(who, c.ApprovalDecide(waiting, decision, digest, shown))
            case "dispatched":
                self.ask(AGENT, c.ApprovalReport(claim, key, outcome))
            case "unknown":
                self.ask(who, c.ApprovalSettle(key, "failed"))

    def requested(self) -> list[UUID]:
        approvals = self.play.state.approvals
        return [key for key, approval in approvals.items() if approval.stage == "requested"]

    def work(self, run_id: UUID, pick: int, events: tuple[e.AgUi, ...]) -> None:
        claim = self.claim(0)
        if pick < 3:
            self.ask(AGENT, c.OutputStream(claim, run_id, (*opened("m1"), delta("hi", "m1"))))
        elif pick < 5:
            self.ask(AGENT, c.OutputEmit(claim, run_id, events))
        elif pick < 8:
            group = self.fresh().int
            asked = tuple(asks(self.fresh().int, group) for _ in range(pick - 5 or 1))
            self.ask(AGENT, c.ApprovalAsk(claim, run_id, asked))
        else:
            self.ask(AGENT, c.RunFinish(claim, run_id))

    # what people do

    @step(who=persons, text=texts)
    def prompt(self, who: Who, text: str) -> None:
        self.ask(who, c.PromptQueue(text))

    @step(who=persons, place=small)
    def recall(self, who: Who, place: int) -> None:
        queue = self.play.state.queue
        self.ask(who, c.PromptRecall(queue[place % len(queue)].prompt_id if queue else uid(1)))

    @step(who=persons, place=small, before=small)
    def move(self, who: Who, place: int, before: int) -> None:
        ids = [prompt.prompt_id for prompt in self.play.state.queue] or [uid(1)]
        other = None if before == 0 else ids[before % len(ids)]
        self.ask(who, c.PromptMove(ids[place % len(ids)], other))

    @step(who=persons, right=small)
    def cancel(self, who: Who, right: int) -> None:
        self.ask(who, c.RunCancel(self.run_id(right)))

    @step(
        who=persons,
        place=small,
        decision=st.sampled_from(["approve", "reject", "approve_edited", "respond"]),
        seen=offsets,
        same=st.integers(0, 5),
    )
    def decide(self, who: Who, place: int, decision: e.Decision, seen: int, same: int) -> None:
        key = self.approval(place)
        approval = self.play.state.approvals.get(key)
        digest = approval.args_digest if approval and same else "0" * 64
        shown = max(0, self.play.state.seq + seen)
        args = {"a": same} if decision == "approve_edited" else None
        self.ask(who, c.ApprovalDecide(key, decision, digest, shown, args))

    @step(who=persons, place=small, outcome=st.sampled_from(["executed", "failed"]))
    def settle(self, who: Who, place: int, outcome: Any) -> None:
        self.ask(who, c.ApprovalSettle(self.approval(place), outcome))

    @step(who=persons, text=texts, visibility=st.sampled_from(["everyone", "operators"]))
    def note(self, who: Who, text: str, visibility: Any) -> None:
        self.ask(who, c.NoteWrite(text, visibility))

    @step(
        who=persons,
        user=st.sampled_from([*PEOPLE, uid(0xFF)]),
        role=st.sampled_from(["observer", "operator", "owner", "agent", "king"]),
        until=st.sampled_from([None, 0, 2**53 - 1]),
    )
    def give(self, who: Who, user: UUID, role: str, until: int | None) -> None:
        self.ask(who, c.GrantGive(user, role, until))

    @step(
        who=persons,
        user=st.sampled_from(list(PEOPLE)),
        role=st.sampled_from(["observer", "operator", "owner", "agent"]),
    )
    def take(self, who: Who, user: UUID, role: str) -> None:
        self.ask(who, c.GrantTake(user, role))

    @step(
        who=persons,
        place=st.integers(0, 3),
        role=st.sampled_from(["observer", "operator", "owner", "agent", "king"]),
        until=st.sampled_from([0, 5_000, 2**40]),
    )
    def invite(self, who: Who, place: int, role: str, until: int) -> None:
        until = self.play.now + until
        self.put(who, c.InvitationMake(uid(0xF100 + place), role, until, "x" * (place % 2)))

    @step(place=st.integers(0, 3), user=st.sampled_from([*PEOPLE, uid(0xA9), uid(0xFF)]))
    def accept(self, place: int, user: UUID) -> None:
        key = uid(0xF100 + place)
        people = {**PEOPLE, uid(0xA9): ("Nia", "person")}
        self.play.looked_up = {"people": people, "makers": {key: ROLES["owner"]}}
        self.put(SYSTEM, c.InvitationTake(key, user))
        self.play.looked_up = {}

    @step(who=persons, place=st.integers(0, 3))
    def withdraw(self, who: Who, place: int) -> None:
        self.ask(who, c.InvitationWithdraw(uid(0xF100 + place)))

    @step(who=persons, sure=st.integers(0, 9))
    def leave(self, who: Who, sure: int) -> None:
        if sure == 0:
            self.ask(who, c.ParticipantLeave())

    @step(who=persons, title=texts)
    def rename(self, who: Who, title: str) -> None:
        self.ask(who, c.SessionRename(title))

    @step(who=persons, sure=st.integers(0, 20))
    def close(self, who: Who, sure: int) -> None:
        if sure == 0:
            self.ask(who, c.SessionClose())

    # what agents do

    @step(who=agents, runner=st.sampled_from(["r1", "r2"]), alive=st.booleans())
    def attach(self, who: Who, runner: str, alive: bool) -> None:
        self.play.claim_alive = alive
        self.ask(who, c.AgentAttach(runner))

    @step(who=agents, offset=offsets, count=st.integers(1, 2), again=st.integers(0, 5))
    def start(self, who: Who, offset: int, count: int, again: int) -> None:
        waiting = [prompt.prompt_id for prompt in self.play.state.queue] or [uid(1)]
        run_id = self.fresh() if again else self.run_id(0)
        self.ask(who, c.RunStart(self.claim(offset), run_id, tuple(waiting[:count])))

    @step(who=agents, offset=offsets, right=small, events=outputs)
    def stream(self, who: Who, offset: int, right: int, events: tuple[e.AgUi, ...]) -> None:
        self.ask(who, c.OutputStream(self.claim(offset), self.run_id(right), events))

    @step(who=agents, offset=offsets, right=small, events=outputs)
    def emit(self, who: Who, offset: int, right: int, events: tuple[e.AgUi, ...]) -> None:
        self.ask(who, c.OutputEmit(self.claim(offset), self.run_id(right), events))

    @step(who=agents, right=small)
    def finish_messages(self, who: Who, right: int) -> None:
        """End everything that is open, each with its whole text, as a runner does."""
        run = self.play.state.run
        for key, item in (run.items if run else {}).items():
            whole: tuple[e.AgUi, ...] = message(item.text, key)
            if item.start["type"] == "TOOL_CALL_START":
                call = {"type": "TOOL_CALL_ARGS", "toolCallId": key, "delta": item.text}
                whole = (item.start, call, {"type": "TOOL_CALL_END", "toolCallId": key})
            self.ask(who, c.OutputEmit(self.claim(0), self.run_id(right), whole))

    @step(who=agents, offset=offsets, right=small, count=st.integers(1, 2), again=st.integers(0, 5))
    def request(self, who: Who, offset: int, right: int, count: int, again: int) -> None:
        group = self.fresh().int
        asked = tuple(
            asks(self.fresh().int if again else self.approval(0).int, group) for _ in range(count)
        )
        self.ask(who, c.ApprovalAsk(self.claim(offset), self.run_id(right), asked))

    @step(who=agents, offset=offsets, right=small, place=small)
    def dispatch(self, who: Who, offset: int, right: int, place: int) -> None:
        approval = self.play.state.approvals.get(self.approval(place))
        group = approval.request.group_id if approval else uid(1)
        self.ask(who, c.ApprovalDispatch(self.claim(offset), self.run_id(right), group))

    @step(who=agents, offset=offsets, place=small, outcome=outcomes)
    def report(self, who: Who, offset: int, place: int, outcome: Any) -> None:
        self.ask(who, c.ApprovalReport(self.claim(offset), self.approval(place), outcome))

    @step(who=st.sampled_from([OWNER, AGENT]))
    def stripped(self, who: Who) -> None:
        """Try everything with nothing: whoever holds no permission is refused everything."""
        nobody = Who(who.user, who.name, who.kind, Permission(0))
        command: c.Command = c.NoteWrite("x") if who.kind == "person" else c.AgentAttach("r9")
        assert isinstance(self.ask(nobody, command), Refused)

    @rule(data=st.data())
    def take_a_step(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(STEPS))
        getattr(self, name)(**data.draw(ARGUMENTS[name]))

    # what holds after each

    @invariant()
    def the_numbers_have_no_gap(self) -> None:
        assert [event.seq for event in self.play.events] == list(
            range(1, len(self.play.events) + 1)
        )
        assert self.play.state.seq == len(self.play.events)

    @invariant()
    def the_state_is_what_its_bytes_say(self) -> None:
        assert fold.decode(fold.encode(self.play.state)) == self.play.state

    @invariant()
    def the_compact_log_gives_the_same_state_whenever_nothing_is_streamed(self) -> None:
        for event in self.play.events[self.folded :]:
            if not e.passing(event.body):
                self.compact = fold.apply(self.compact, event)
        self.folded = len(self.play.events)
        run = self.play.state.run
        if run is None or not run.items:
            assert fold.replace(self.compact, seq=self.play.state.seq) == self.play.state

    @invariant()
    def few_events_tell_how_the_session_stands(self) -> None:
        for event in self.play.events[self.told.seq :]:
            if event.type in TELLING:
                self.told = fold.apply(self.told, event)
            self.told = fold.replace(self.told, seq=event.seq)
        assert standing(self.told) == standing(self.play.state)

    @invariant()
    def what_still_matters_of_the_deltas_gives_the_text_so_far(self) -> None:
        """Fold as a late reader does: deltas only from where the oldest open message began."""
        run, state = self.play.state.run, State()
        if run is None or not run.items:
            return
        floor = fold.passing_from(self.play.state)
        for event in self.play.events:
            if not e.passing(event.body) or event.seq >= floor:
                state = fold.apply(state, event)
        assert fold.replace(state, seq=self.play.state.seq) == self.play.state

    @invariant()
    def requests_belong_to_the_run_or_to_a_person(self) -> None:
        state = self.play.state
        for approval in state.approvals.values():
            mine = state.run is not None and approval.run_id == state.run.run_id
            assert mine or approval.stage == "unknown"

    @invariant()
    def everybody_who_acted_is_a_participant_or_has_left(self) -> None:
        gone = {ev.body.user for ev in self.play.events if isinstance(ev.body, e.ParticipantLeft)}
        acted = {event.actor for event in self.play.events} - {None}
        assert acted <= set(self.play.state.participants) | gone

    @invariant()
    def nobody_joins_who_is_there_already(self) -> None:
        here: set[UUID] = set()
        for event in self.play.events:
            if isinstance(event.body, e.ParticipantJoined):
                assert event.body.user not in here
                here.add(event.body.user)
            elif isinstance(event.body, e.ParticipantLeft):
                here.remove(event.body.user)
        assert here == set(self.play.state.participants)

    def teardown(self) -> None:
        """Whatever happened, a run can be cancelled and the session closed."""
        self.play.ask(OWNER, c.RunCancel(self.run_id(1)))
        assert self.play.state.run is None
        if self.play.state.status == "open":
            self.play.do(OWNER, c.SessionClose())
