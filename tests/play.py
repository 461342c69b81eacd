"""A session played in memory: people and an agent, what they ask for, and the log it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from collab.core import commands as c
from collab.core import events as e
from collab.core import state as fold
from collab.core.chain import args_digest
from collab.core.codes import Refusal, Refused
from collab.core.decide import decide
from collab.core.drafts import Facts, Who
from collab.core.events import AgentSeat, Event
from collab.core.state import State
from permissions.roles import ROLES, Permission

B = TypeVar("B", bound=e.Fact)


def uid(number: int) -> UUID:
    """Give a UUID that a reader recognises."""
    return UUID(int=number)


def someone(number: int, name: str, role: str, kind: e.Kind = "person") -> Who:
    """Give an actor who holds a role."""
    return Who(uid(number), name, kind, ROLES[role])


OWNER = someone(0xA1, "Olga", "owner")
OPERATOR = someone(0xA2, "Omar", "operator")
SECOND = someone(0xA3, "Sana", "operator")
OBSERVER = someone(0xA4, "Otto", "observer")
AGENT = someone(0xB1, "Agent", "agent", "agent")
OTHER_AGENT = someone(0xB2, "Other", "agent", "agent")
SYSTEM = Who(None, "Cohelm", "person", Permission(sum(Permission)))

SEAT = AgentSeat(uid(0xB1), uid(0xBB), "Agent")
CHANGE = e.AccessChanged(
    "permissions_token", 1_700_000_000_000_000, "cohelm_app", new=({"user_id": str(uid(0xA2))},)
)
RUN, PROMPT = uid(0xC1), uid(0xD1)
GROUP, ASKED = uid(0xE0), uid(0xE1)
START_TIME = 1_700_000_000_000_000
ARGS: dict[str, Any] = {"paths": ["a.log", "b.log"]}

PEOPLE: Mapping[UUID, tuple[str, e.Kind]] = {
    who.user: (who.name, who.kind)
    for who in (OWNER, OPERATOR, SECOND, OBSERVER, AGENT, OTHER_AGENT)
    if who.user is not None
}


def asks(number: int = 0xE1, group: int = 0xE0, **changes: Any) -> e.ApprovalRequest:
    """Give a request to delete two files."""
    fields: dict[str, Any] = {
        "agent_ref": e.AgentRef("ag-ui/1.0", "run", "interrupt", "call"),
        "title": "Delete 2 files",
        "action": e.Action("delete_files", ARGS, kind="delete"),
    }
    return e.ApprovalRequest(uid(number), uid(group), **(fields | changes))


def message(text: str, key: str = "m1") -> tuple[e.AgUi, ...]:
    """Give a finished message as an agent's runner emits it."""
    return (*opened(key), delta(text, key), {"type": "TEXT_MESSAGE_END", "messageId": key})


def opened(key: str = "m1") -> tuple[e.AgUi, ...]:
    """Give the beginning of a message."""
    return ({"type": "TEXT_MESSAGE_START", "messageId": key, "role": "assistant"},)


def delta(text: str, key: str = "m1") -> e.AgUi:
    """Give the next piece of a message."""
    return {"type": "TEXT_MESSAGE_CONTENT", "messageId": key, "delta": text}


class Play:
    """Decides and folds as the log does; every event made is kept."""

    def __init__(self) -> None:
        self.state = State()
        self.events: list[Event] = []
        self.states: list[State] = []
        self.now = START_TIME
        self.claim_alive = False
        self.looked_up: dict[str, Any] = {}
        self._ids = 0xF000

    def ask(
        self, who: Who, command: c.Command, command_id: UUID | None = None
    ) -> list[Event] | Refused:
        """Put a command; give the events it made, or the refusal that changed nothing."""
        self._ids += 1
        self.now += 1_000
        looked_up: dict[str, Any] = {"people": PEOPLE, "claim_alive": self.claim_alive}
        facts = Facts(**looked_up | self.looked_up)
        key = command_id or uid(self._ids)
        drafts = decide(self.state, command, who, key, self.now, facts)
        if isinstance(drafts, Refused):
            return drafts
        placed = [
            Event(
                self.state.seq + place,
                draft.body.type,
                self.now,
                draft.body,
                who.user,
                draft.run,
                draft.cause,
                draft.visibility,
            )
            for place, draft in enumerate(drafts, 1)
        ]
        for event in placed:
            self.take(event)
        return placed

    def take(self, event: Event) -> None:
        """Fold an event as it comes back from its stored bytes."""
        read_back = e.decode(e.encode(event))
        self.state = fold.apply(self.state, read_back)
        self.events.append(read_back)
        self.states.append(self.state)

    def do(self, who: Who, command: c.Command, command_id: UUID | None = None) -> list[Event]:
        """Put a command that has to be followed."""
        made = self.ask(who, command, command_id)
        assert not isinstance(made, Refused), (made.refusal, made.details)
        return made

    def refused(self, who: Who, command: c.Command, command_id: UUID | None = None) -> Refused:
        """Put a command that has to be refused, and see that nothing changed."""
        before = self.state
        made = self.ask(who, command, command_id)
        assert isinstance(made, Refused), made
        assert self.state is before
        return made

    def why(self, who: Who, command: c.Command) -> Refusal:
        """Give the reason for which a command is refused."""
        return self.refused(who, command).refusal

    def last(self, kind: type[B]) -> B:
        """Give the last body of a kind."""
        return next(event.body for event in reversed(self.events) if isinstance(event.body, kind))

    def kinds(self) -> list[str]:
        """Give the types of all events."""
        return [event.type for event in self.events]


def opening() -> c.SessionOpen:
    """Give the command that opens the session with its people."""
    roles = {OWNER: "owner", OPERATOR: "operator", SECOND: "operator", OBSERVER: "observer"}
    grants = [
        c.FirstGrant(who.user, who.name, who.kind, role)
        for who, role in {**roles, AGENT: "agent"}.items()
        if who.user is not None
    ]
    return c.SessionOpen("Logs", SEAT, tuple(grants))


def open_session() -> Play:
    """Give a session with two operators, an observer, an owner and an agent behind it."""
    play = Play()
    play.do(OWNER, opening())
    return play


def served_session() -> Play:
    """Give a session that a runner serves (claim 1)."""
    play = open_session()
    play.do(AGENT, c.AgentAttach("runner-1"))
    return play


def running_session() -> Play:
    """Give a session in which the agent works on one prompt."""
    play = served_session()
    play.do(OPERATOR, c.PromptQueue("Tidy the logs folder."), PROMPT)
    play.do(AGENT, c.RunStart(1, RUN, (PROMPT,)))
    return play


def asking_session(*requests: e.ApprovalRequest) -> Play:
    """Give a session whose run waits for people's answers."""
    play = running_session()
    play.do(AGENT, c.ApprovalAsk(1, RUN, requests or (asks(),)))
    return play


def answer(
    play: Play, decision: e.Decision = "approve", key: UUID = ASKED, **more: Any
) -> c.ApprovalDecide:
    """Give a decision on what is asked, as someone makes it who sees the present."""
    approval = play.state.approvals.get(key)
    digest = approval.args_digest if approval else args_digest(ARGS)
    fields: dict[str, Any] = {"args_digest": digest, "shown_seq": play.state.seq} | more
    return c.ApprovalDecide(key, decision, **fields)


def dispatched_session() -> Play:
    """Give a session in which an approved call has been handed to the agent."""
    play = asking_session()
    play.do(OPERATOR, answer(play))
    play.do(AGENT, c.ApprovalDispatch(1, RUN, GROUP))
    return play


def unsure_session() -> Play:
    """Give a session in which nobody knows what became of an approved call."""
    play = dispatched_session()
    play.do(AGENT, c.ApprovalReport(1, ASKED, "unknown", "connection lost"))
    return play


def without(who: Who, permission: Permission) -> Who:
    """Give the same actor without one permission."""
    return msgspec.structs.replace(who, permissions=who.permissions & ~permission)
