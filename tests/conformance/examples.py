"""The exchanges that the protocol's page shows: one small session, decided, folded and encoded by
the code itself, with ids and times that stay."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from collab.core import chain, frames, window
from collab.core import commands as c
from collab.core import events as e
from collab.core import state as fold
from collab.core.codes import Refusal, Refused
from collab.core.drafts import Who
from collab.core.encodings import as_json
from collab.core.frames import ClientFrame, Cursor, ServerFrame
from collab.core.visibility import CODES, sights
from collab.core.window import Lens
from permissions.roles import codenames
from tests.play import (
    AGENT,
    ASKED,
    GROUP,
    OBSERVER,
    OPERATOR,
    OWNER,
    PROMPT,
    RUN,
    SEAT,
    SECOND,
    START_TIME,
    Play,
    answer,
    asks,
    delta,
    message,
    opened,
    uid,
)
from tests.unit.test_window import Lying

SESSION, WORKSPACE = uid(0x5E5), uid(0x305)
WIDTH = 116

Said = tuple[Literal[">", "<"], ClientFrame | ServerFrame]
"""A frame, and whether the client or the server sent it."""


class Story(Play):
    """A session as it is played, and the frames that tell of it."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Lying] = []
        self.said: list[Said] = []

    def take(self, event: e.Event) -> None:
        super().take(event)
        content, before = e.encode(event), self.entries[-1].chain if self.entries else chain.GENESIS
        committed = chain.commitment(bytes(16), content)
        digest = chain.event_digest(SESSION, event.seq, event.time, committed)
        place = (event.seq, CODES[event.visibility], e.passing(event.body), event.time)
        self.entries.append(Lying(*place, content, digest, chain.link(before, digest)))

    def submit(self, who: Who, command: c.Command, number: int, told: bool = True) -> None:
        """Send a command, and hear its answer."""
        self.sent(command, number)
        made = self.ask(who, command, uid(number))
        if isinstance(made, Refused):
            self.hear(frames.refusal(made, uid(number)))
        else:
            self.hear(frames.Reply(uid(number), made[-1].seq, len(made)))
            if told:
                self.show(made[0].seq)

    def sent(self, command: c.Command, number: int) -> None:
        fields: dict[str, Any] = msgspec.msgpack.decode(c.encode(command))
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        self.send(frames.Submit(uid(number), given))

    def send(self, *sent: ClientFrame) -> None:
        self.said += [(">", frame) for frame in sent]

    def hear(self, *heard: ServerFrame) -> None:
        self.said += [("<", frame) for frame in heard]

    def show(self, first: int, who: Who = OPERATOR) -> None:
        """Hear the events from `first` on, as somebody may see them."""
        lens = Lens(sights(who.permissions), deltas=True)
        self.hear(window.frame(first, self.entries[first - 1 :], lens, 0))

    def cursor(self, seq: int) -> Cursor:
        return Cursor(1, seq, self.entries[seq - 1].chain[: chain.MARK])

    def welcome(self, cursor: Cursor | None) -> frames.Welcome:
        state = frames.NIL if cursor else fold.encode(self.state)
        return frames.Welcome(
            "cohelm.v1.json",
            frames.SessionCard(SESSION, self.state.title, self.state.status, WORKSPACE),
            frames.You(uid(0xA2), OPERATOR.name, "person", codenames(OPERATOR.permissions)),
            epoch=1,
            head=self.state.seq,
            first=cursor.seq + 1 if cursor else 1,
            state=msgspec.Raw(state),
            state_seq=cursor.seq if cursor else self.state.seq,
            acl_version=4,
        )

    def told(self) -> list[Said]:
        """Give what was said since it was last asked for."""
        said, self.said = self.said, []
        return said


def served() -> Story:
    """Give a session with an owner, an operator and an agent whose runner has come."""
    story = Story()
    roles = ((OWNER, "owner"), (OPERATOR, "operator"), (AGENT, "agent"))
    first = [c.FirstGrant(_id(who), who.name, who.kind, role) for who, role in roles]
    story.do(OWNER, c.SessionOpen("Logs", SEAT, tuple(first)))
    story.do(AGENT, c.AgentAttach("runner-1"))
    return story


def _id(who: Who) -> UUID:
    assert who.user is not None
    return who.user


def examples() -> dict[str, list[Said]]:
    """Give every exchange by its name on the page, in the order in which they happened."""
    story, made = served(), {}
    made["commands"] = commands(story)
    story.do(AGENT, c.RunStart(1, RUN, (PROMPT,)))
    made["join"] = joining(story)
    made["resume"] = resuming(story)
    made["resync"] = resyncing(story)
    made["output"] = output(story)
    made["approval"] = approval(story)
    made["execution"] = execution(story)
    made["stub"] = withheld(story)
    made["page"] = paging(story)
    made["attach"] = attaching(story)
    made["signs of life"] = signs(story)
    made["people come and go"] = coming(story)
    made["access"] = losing(story)
    return made


def commands(story: Story) -> list[Said]:
    number = PROMPT.int
    story.submit(OPERATOR, c.PromptQueue("Tidy the logs folder."), number)
    story.sent(c.PromptQueue("Tidy the logs folder."), number)
    story.hear(frames.Reply(uid(number), story.state.seq, 1, replayed=True))
    story.sent(c.PromptQueue("Something else."), number)
    story.hear(frames.refusal(Refused(Refusal.COMMAND_ID_TAKEN), uid(number)))
    story.send(frames.Submit(uid(0xD2), {"type": "note.write", "text": "Hello.", "actor": "me"}))
    problem = c.parse({"type": "note.write", "text": "Hello.", "actor": "me"})
    assert isinstance(problem, Refused)
    story.hear(frames.refusal(problem, uid(0xD2)), frames.refusal(Refused(Refusal.MALFORMED)))
    return story.told()


def joining(story: Story) -> list[Said]:
    story.send(frames.Join())
    story.hear(story.welcome(None))
    story.show(1)
    there = frames.Present(uid(0xA2), OPERATOR.name, "person", 1, codenames(OPERATOR.permissions))
    agent = frames.Present(uid(0xB1), AGENT.name, "agent", 1, codenames(AGENT.permissions))
    story.hear(frames.Presence([agent, there]))
    return story.told()


def resuming(story: Story) -> list[Said]:
    cursor = story.cursor(8)
    story.send(frames.Join(cursor))
    story.hear(story.welcome(cursor))
    story.show(9)
    return story.told()


def resyncing(story: Story) -> list[Said]:
    story.send(frames.Join(Cursor(1, 8, bytes(8))))
    sentence = "The record is not the one that you have seen."
    story.hear(frames.Resync("chain", sentence, 0, story.state.seq))
    return story.told()


def output(story: Story) -> list[Said]:
    story.submit(AGENT, c.OutputStream(1, RUN, (*opened(), delta("I will "))), 0xF1)
    story.submit(AGENT, c.OutputEmit(1, RUN, message("I will look.")), 0xF2)
    return story.told()


def approval(story: Story) -> list[Said]:
    story.submit(AGENT, c.ApprovalAsk(1, RUN, (asks(message="Free some room."),)), 0xF3)
    story.submit(OPERATOR, answer(story), 0xF4)
    story.submit(SECOND, answer(story, "reject"), 0xF5)
    return story.told()


def execution(story: Story) -> list[Said]:
    story.submit(AGENT, c.ApprovalDispatch(1, RUN, GROUP), 0xF6)
    story.submit(AGENT, c.ApprovalReport(1, ASKED, "executed"), 0xF7, told=False)
    story.submit(AGENT, c.RunFinish(1, RUN), 0xF8, told=False)
    story.show(story.state.seq - 1)
    return story.told()


def withheld(story: Story) -> list[Said]:
    story.do(OPERATOR, c.NoteWrite("Only for us.", "operators"))
    story.show(story.state.seq, OBSERVER)
    return story.told()


def paging(story: Story) -> list[Said]:
    story.send(frames.Read(1, 10, 2))
    entries = window.shown(story.entries[7:9], Lens(1, deltas=False), 0)
    story.hear(frames.Page(1, 8, 9, entries, more=True))
    return story.told()


def attaching(story: Story) -> list[Said]:
    story.submit(AGENT, c.AgentAttach("runner-2"), 0xF9)
    story.send(frames.Alive(2))
    return story.told()


def signs(story: Story) -> list[Said]:
    story.send(frames.Alive())
    story.hear(frames.Beat(story.state.seq, START_TIME + 10_000_000))
    return story.told()


def coming(story: Story) -> list[Said]:
    tabs = frames.Present(uid(0xA2), OPERATOR.name, "person", 2, codenames(OPERATOR.permissions))
    story.hear(frames.Presence([tabs], whole=False, gone=[uid(0xB1)]))
    return story.told()


def losing(story: Story) -> list[Said]:
    story.hear(frames.Access(codenames(OBSERVER.permissions), 5))
    story.hear(frames.refusal(Refused(Refusal.NOT_FOUND, {"last": story.state.seq})))
    return story.told()


# on the page

BLOCK = re.compile(r"(<!-- example: ([\w ]+) -->\n```\n)(?:(?!```).*\n)*(```\n)")


def page(text: str) -> str:
    """Give the page with its exchanges as the code makes them today."""
    made = {name: written(said) for name, said in examples().items()}
    made["both encodings"] = twice(frames.Join(), frames.Beat(19, START_TIME))
    return BLOCK.sub(lambda found: f"{found[1]}{made[found[2]]}\n{found[3]}", text)


def twice(*every: ClientFrame | ServerFrame) -> str:
    """Show frames as the text and as the bytes (in hex) of their messages."""
    lines = [line for frame in every for line in (shown(frame), frames.encode(frame).hex(" "))]
    return "\n".join(lines)


def written(said: Sequence[Said]) -> str:
    return "\n".join(f"{who} {shown(frame)}" for who, frame in said)


def shown(frame: ClientFrame | ServerFrame) -> str:
    """Write a frame as JSON; what a client may leave out is left out."""
    tree = json.loads(as_json(frame))
    kept = msgspec.msgpack.decode(frames.encode(frame))
    return broken({name: value for name, value in tree.items() if name in kept})


def broken(value: Any, indent: int = 0) -> str:
    """Write JSON so that what fits into a line is in one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= WIDTH or not isinstance(value, dict | list):
        return flat
    inner = indent + 2
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {broken(part, inner)}" for name, part in value.items()]
    else:
        parts = [broken(part, inner) for part in value]
    lines = (",\n" + " " * inner).join(parts)
    return f"{{{lines}}}" if isinstance(value, dict) else f"[{lines}]"
