"""Writes the vectors that Python and TypeScript share, and the examples of the protocol's page:
`python -m tests.conformance.make`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgpack
import msgspec

from collab.core import commands as c
from collab.core import events as e
from collab.core import frames
from collab.core import state as fold
from collab.core.frames import ClientFrame, ServerFrame
from permissions.roles import ROLES
from tests.conformance import wander
from tests.conformance.examples import examples as exchanges
from tests.conformance.examples import page
from tests.plain import plain as in_json
from tests.play import (
    AGENT,
    ASKED,
    GROUP,
    OPERATOR,
    OWNER,
    PROMPT,
    RUN,
    SECOND,
    START_TIME,
    SYSTEM,
    Play,
    answer,
    asking_session,
    asks,
    delta,
    dispatched_session,
    message,
    open_session,
    opened,
    running_session,
    someone,
    uid,
    unsure_session,
)

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "protocol" / "PROTOCOL.md"
Plain = dict[str, Any]


def people() -> Play:
    """Give people who come, get roles, lose them and leave."""
    play = open_session()
    play.do(OWNER, c.GrantGive(uid(0xA4), "operator", START_TIME + 3_600_000_000))
    play.do(OWNER, c.GrantGive(uid(0xA4), "operator"))
    play.do(OWNER, c.GrantTake(uid(0xA4), "observer"))
    play.do(OWNER, c.GrantTake(uid(0xA4), "operator", "moved on"))
    play.do(someone(0xA9, "Nia", "commenter"), c.NoteWrite("hello \u2713 \U0001f600"))
    play.do(OPERATOR, c.NoteWrite("only for us", "operators"))
    play.do(OWNER, c.ConnectionClose(uid(0xA2), away=True, reason="too loud"))
    play.do(OPERATOR, c.SessionRename("Logs of \u00e9t\u00e9"))
    play.do(SECOND, c.ParticipantLeave("bye"))
    return play


def guests() -> Play:
    """Give invitations that are used, withdrawn, forgotten because they lapsed, and left open."""
    play = open_session()
    hour = 3_600_000_000
    guest = (uid(0xA9), "Nia", "person")
    play.do(OWNER, c.InvitationMake(uid(0xF1), "operator", START_TIME + hour, "Nia"))
    play.do(OWNER, c.InvitationMake(uid(0xF2), "observer", START_TIME + 10_000))
    play.do(OWNER, c.InvitationMake(uid(0xF3), "commenter", START_TIME + hour))
    play.looked_up = {"people": {guest[0]: guest[1:]}, "makers": {uid(0xF1): ROLES["owner"]}}
    play.do(SYSTEM, c.InvitationTake(uid(0xF1), guest[0]))
    play.do(OWNER, c.InvitationWithdraw(uid(0xF3), "a mistake"))
    play.now += 20_000
    play.do(OWNER, c.InvitationMake(uid(0xF4), "auditor", play.now + hour))
    return play


def prompts() -> Play:
    """Give a queue that is put in another order, and of which two prompts are run together."""
    play = open_session()
    for number in range(4):
        play.do(OPERATOR, c.PromptQueue(f"prompt {number}"), uid(0xD0 + number))
    play.do(OPERATOR, c.PromptMove(uid(0xD3), uid(0xD1)))
    play.do(OWNER, c.PromptMove(uid(0xD0)))
    play.do(OPERATOR, c.PromptRecall(uid(0xD1)))
    play.do(AGENT, c.AgentAttach("runner-1"))
    play.do(AGENT, c.RunStart(1, RUN, (uid(0xD0), uid(0xD2))))
    play.do(AGENT, c.RunFinish(1, RUN))
    return play


def streaming() -> Play:
    """Give messages and a call that stream side by side, are finished, and one that is cut."""
    play = running_session()
    call = {"type": "TOOL_CALL_START", "toolCallId": "2", "toolCallName": "list_files"}
    args = {"type": "TOOL_CALL_ARGS", "toolCallId": "2", "delta": '{"path":"."}'}
    play.do(AGENT, c.OutputStream(1, RUN, (*opened("10"), delta("I will ", "10"))))
    play.do(AGENT, c.OutputStream(1, RUN, (delta("look\U0001f600", "10"), call)))
    play.do(AGENT, c.OutputEmit(1, RUN, ({"type": "CUSTOM", "name": "x", "value": None},)))
    play.do(AGENT, c.OutputEmit(1, RUN, message("I will look\U0001f600", "10")))
    play.do(AGENT, c.OutputStream(1, RUN, (args, *opened("1"))))
    ended = {"type": "TOOL_CALL_END", "toolCallId": "2"}
    play.do(AGENT, c.OutputEmit(1, RUN, (call, args, ended)))
    play.do(AGENT, c.OutputStream(1, RUN, (delta("half a sen", "1"),)))
    play.do(OPERATOR, c.RunCancel(RUN, "enough"))
    return play


def edited() -> Play:
    """Give an approval whose arguments are edited, and that is executed."""
    play = asking_session(asks(expires_at=START_TIME + 3_600_000_000, message="Free some room."))
    play.do(OPERATOR, answer(play, "approve_edited", args={"paths": ["a.log"]}, reason="keep b"))
    play.do(AGENT, c.ApprovalDispatch(1, RUN, GROUP))
    play.do(AGENT, c.ApprovalReport(1, ASKED, "executed"))
    play.do(AGENT, c.RunFinish(1, RUN))
    return play


def group() -> Play:
    """Give a group of two, one approved and one rejected, and a request that lapses."""
    play = asking_session(asks(0xE1), asks(0xE2))
    play.do(OPERATOR, answer(play, key=uid(0xE1)))
    play.do(SECOND, answer(play, "reject", key=uid(0xE2), reason="no"))
    play.do(AGENT, c.ApprovalDispatch(1, RUN, GROUP))
    play.do(AGENT, c.ApprovalReport(1, uid(0xE1), "failed", "disk full"))
    play.do(AGENT, c.ApprovalReport(1, uid(0xE2), "cancelled"))
    options = (e.Option("once", "Once"), e.Option("always", "Always", "allow", "session"))
    asked = asks(0xE3, 0xEF, kind="question", options=options, allowed_decisions=("respond",))
    play.do(AGENT, c.ApprovalAsk(1, RUN, (asked,)))
    play.do(AGENT, c.ApprovalReport(1, uid(0xE3), "expired"))
    play.do(AGENT, c.RunFail(1, RUN, "agent_error", "It gave up."))
    return play


def unsure() -> Play:
    """Give an outcome that is not known, settled by a person."""
    play = unsure_session()
    play.do(AGENT, c.RunFinish(1, RUN))
    play.do(SECOND, c.ApprovalSettle(ASKED, "executed", "The files are gone."))
    return play


def lost_runner() -> Play:
    """Give a runner that goes away after its claim to execute, in the middle of a sentence."""
    play = dispatched_session()
    play.do(AGENT, c.OutputStream(1, RUN, (*opened(), delta("Deleting"))))
    play.do(AGENT, c.AgentAttach("runner-2"))
    play.do(OPERATOR, c.ApprovalSettle(ASKED, "failed", "Still there."))
    return play


def closed() -> Play:
    """Give a session that is closed while a request waits and prompts are queued."""
    play = asking_session()
    play.do(OPERATOR, c.PromptQueue("next"), uid(0xD7))
    play.do(OWNER, c.SessionClose("done"))
    play.do(OWNER, c.GrantTake(uid(0xA4), "observer"))
    return play


def without_agent() -> Play:
    """Give a session that nobody serves."""
    play = Play()
    play.do(OWNER, c.SessionOpen("Alone"))
    play.do(OWNER, c.NoteWrite("nobody here"))
    return play


STORIES: dict[str, Callable[[], Play]] = {
    "people": people,
    "guests": guests,
    "prompts": prompts,
    "streaming": streaming,
    "an edited approval": edited,
    "a group of approvals": group,
    "an unknown outcome": unsure,
    "a lost runner": lost_runner,
    "a closed session": closed,
    "a session without an agent": without_agent,
}


def plain(data: bytes) -> Plain:
    """Give what the bytes say, as JSON says it."""
    return cast(Plain, in_json(msgpack.unpackb(data)))


def folds() -> list[Plain]:
    """Give stories: events as on the wire, and the state after each."""
    return [
        {
            "name": name,
            "events": [plain(e.encode(event)) for event in play.events],
            "states": [plain(fold.encode(state)) for state in play.states],
            "state": plain(fold.encode(play.state)),
        }
        for name, play in ((name, make()) for name, make in STORIES.items())
    ]


def wire() -> list[Plain]:
    """Give frames: their bytes in hex, who sends them, and what they say."""
    from tests.unit.test_frames import HEARD, TOLD

    note = e.Event(7, "note.written", START_TIME, e.NoteWritten("look"), uid(1))
    stub = frames.Stub(8, START_TIME, bytes(range(32)))
    entries = [msgspec.Raw(e.encode(note)), msgspec.Raw(msgspec.msgpack.encode(stub))]
    state = msgspec.Raw(fold.encode(running_session().state))
    told = [
        *TOLD,
        frames.Events(7, 9, bytes(range(8)), entries),
        frames.Page(2, 7, 8, entries, more=True),
        msgspec.structs.replace(cast(frames.Welcome, TOLD[0]), state=state),
    ]
    examples = [frame for said in exchanges().values() for _, frame in said]
    return [
        *(_frame("client", frame) for frame in HEARD),
        *(_frame("server", frame) for frame in told),
        _frame("client", frames.Submit(PROMPT, {"type": "prompt.queue", "text": "\U0001f600"})),
        *(_frame(_sender(frame), frame) for frame in examples),
    ]


def _sender(frame: ClientFrame | ServerFrame) -> str:
    return "client" if isinstance(frame, ClientFrame) else "server"


def _frame(sender: str, frame: ClientFrame | ServerFrame) -> Plain:
    data = frames.encode(frame)
    said = plain(data)
    return {"name": said["frame"], "sender": sender, "hex": data.hex(), "frame": said}


def made() -> dict[Path, str]:
    """Give every vector file with its text."""
    return {
        FOLDER / "folds.json": _lines(folds()),
        FOLDER / "frames.json": _lines(wire()),
        PAGE: page(PAGE.read_text(encoding="utf-8")),
        **{path: _lines(vectors) for path, vectors in wander.made().items()},
    }


def _lines(vectors: list[Plain]) -> str:
    rows = ",\n".join(json.dumps(vector, ensure_ascii=True) for vector in vectors)
    return f"[\n{rows}\n]\n"


if __name__ == "__main__":
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")
