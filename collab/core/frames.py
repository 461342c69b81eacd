"""The wire: every frame, its MessagePack, and the only way from a client's messages to frames."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any, Literal, NamedTuple, get_args
from uuid import UUID

import msgspec
from msgspec import Meta

from collab.core import events, untrusted
from collab.core.codes import Refusal, Refused
from collab.core.events import Kind
from collab.core.untrusted import Limits, Message

SUBPROTOCOL = "cohelm.v1.msgpack"
BEAT_SECONDS = 10
"""How often either side says that it lives."""

PAGE_LIMIT = 500
"""Events in one page at most."""


LIMITS: dict[Kind, Limits] = {
    "person": Limits(64 * 1024, 32, 2_000),
    "agent": Limits(1024 * 1024, 64, 50_000),
}

Seq = Annotated[int, Meta(ge=0)]


class Cursor(NamedTuple):
    """The last seq that a reader has, with its epoch and the first bytes of the chain there."""

    epoch: int
    seq: int
    mark: bytes


class Heard(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="frame", omit_defaults=True
):
    """A frame that a client sends."""


class Join(Heard, frozen=True, tag="join"):
    """First on every connection. No cursor: state and the last page; `from_start`: everything."""

    cursor: tuple[Seq, Seq, bytes] | None = None
    deltas: bool = True
    from_start: bool = False


class Submit(Heard, frozen=True, tag="submit"):
    """A command; `command_id` is the sender's, and makes a retry harmless."""

    command_id: UUID
    command: dict[str, Any]


class Read(Heard, frozen=True, tag="read"):
    """Ask for the compact page that ends before `before`."""

    request_id: Annotated[int, Meta(ge=0, lt=2**31)]
    before: Seq
    limit: Annotated[int, Meta(ge=1, le=PAGE_LIMIT)] = 200


class Alive(Heard, frozen=True, tag="alive"):
    """The client lives; a runner's names the claim that it keeps alive."""

    claim: int | None = None


class Told(msgspec.Struct, frozen=True, tag_field="frame"):
    """A frame that the server sends."""


class SessionCard(msgspec.Struct, frozen=True):
    """What a session is called."""

    id: UUID
    title: str
    status: str
    workspace: UUID


class You(msgspec.Struct, frozen=True):
    """Who the server takes the reader for, and what they may do."""

    id: UUID
    name: str
    kind: Kind
    permissions: tuple[str, ...]


NIL = b"\xc0"
"""Nothing, in MessagePack: the state of a welcome to a reader that keeps its own."""


class Welcome(Told, frozen=True, tag="welcome"):
    """The answer to a join: events from `first` on follow. A reader that resumes keeps its own
    state; any other gets the fold at `state_seq`, and applies what lies above it."""

    protocol: str
    session: SessionCard
    you: You
    epoch: int
    head: int
    first: int
    state: msgspec.Raw
    state_seq: int
    acl_version: int
    beat_seconds: int = BEAT_SECONDS


class Events(Told, frozen=True, tag="events"):
    """Covers `first` to `last`: what is not in it was left out. `mark`: the chain at last."""

    first: int
    last: int
    mark: bytes
    events: list[msgspec.Raw]


class Page(Told, frozen=True, tag="page"):
    """Older events, asked for by a read."""

    request_id: int
    first: int
    last: int
    events: list[msgspec.Raw]
    more: bool


class Stub(msgspec.Struct, frozen=True):
    """An event that this reader may not see: its place, its time and its digest."""

    seq: int
    time: int
    digest: bytes
    stub: Literal[True] = True


class Reply(Told, frozen=True, tag="reply"):
    """The command is in the log, its events at `seq` - `events` + 1 to `seq`."""

    command_id: UUID
    seq: int
    events: int
    replayed: bool = False


class RefusalFrame(Told, frozen=True, tag="refusal"):
    """Why something was not followed; `retry`: the same again may help."""

    code: str
    sentence: str
    retry: bool
    command_id: UUID | None = None
    details: dict[str, Any] = {}


class Present(msgspec.Struct, frozen=True):
    """Someone who is connected now, and what they may do here, from whatever grant they have it."""

    user: UUID
    name: str
    kind: Kind
    connections: int
    permissions: tuple[str, ...] = ()


class Presence(Told, frozen=True, tag="presence"):
    """Everyone who is connected, tabs merged; where it is not `whole`, those who came or are
    otherwise than before, and the `gone`."""

    people: list[Present]
    whole: bool = True
    gone: list[UUID] = []

    def after(self, before: Iterable[Present]) -> list[Present]:
        """Give who is here now, where one was shown `before`, by name."""
        here = {one.user: one for one in (*(() if self.whole else before), *self.people)}
        left = [one for one in here.values() if one.user not in self.gone]
        return sorted(left, key=lambda one: (one.name, str(one.user)))


class Access(Told, frozen=True, tag="access"):
    """What the reader may do has changed."""

    permissions: tuple[str, ...]
    acl_version: int


class Beat(Told, frozen=True, tag="beat"):
    """The server lives and has seen its log: `head` tells a reader whether it sees the present."""

    head: int
    time: int


class Resync(Told, frozen=True, tag="resync"):
    """The reader's place is not in this log; forget everything, a welcome follows."""

    reason: Literal["epoch", "chain", "beyond"]
    sentence: str
    lost_from: int
    head: int


ClientFrame = Join | Submit | Read | Alive
ServerFrame = Welcome | Events | Page | Reply | RefusalFrame | Presence | Access | Beat | Resync

_heard: dict[str, type[Heard]] = {
    str(frame.__struct_config__.tag): frame for frame in get_args(ClientFrame)
}
_encoder = msgspec.msgpack.Encoder()


def encode(frame: ServerFrame | ClientFrame) -> bytes:
    """Give a frame's bytes."""
    return _encoder.encode(frame)


def refusal(refused: Refused, command_id: UUID | None = None) -> RefusalFrame:
    """Give the frame that tells of a refusal."""
    kind = refused.refusal
    return RefusalFrame(kind.code, refused.words, kind.retry, command_id, refused.details)


class _Marked(msgspec.Struct, frozen=True):
    stub: bool = False


_marks = msgspec.msgpack.Decoder(_Marked)
_stubs = msgspec.msgpack.Decoder(Stub)


def event_or_stub(raw: bytes | msgspec.Raw) -> events.Event | Stub:
    """Read one entry of an events frame; raise events.UnknownType for a newer server's."""
    return _stubs.decode(raw) if _marks.decode(raw).stub else events.decode(bytes(raw))


_server_frames: msgspec.msgpack.Decoder[ServerFrame] = msgspec.msgpack.Decoder(ServerFrame)


class UnknownFrame(ValueError):
    """A kind of frame that this version does not know; a client leaves it out."""


def decode_server(data: bytes) -> ServerFrame:
    """Read a frame from the server, which is trusted; raise UnknownFrame for a newer server's."""
    try:
        return _server_frames.decode(data)
    except msgspec.ValidationError as error:
        if str(error).endswith("`$.frame`"):
            raise UnknownFrame(str(error)) from None
        raise


def decode(data: Message, limits: Limits) -> ClientFrame | Refused:
    """Read a frame from a client, who is not trusted with anything; text is JSON."""
    if untrusted.size(data) > limits.size:
        return Refused(Refusal.TOO_LARGE, {"limit": limits.size})
    tree = untrusted.unpack(data, limits)
    if isinstance(tree, Refused):
        return tree
    kind = _heard.get(tree["frame"]) if isinstance(tree.get("frame"), str) else None
    if kind is Join and isinstance(data, str):
        tree = _with_mark(tree)
    # Bytes have a place in a cursor only: arguments are digested as JSON, which has none.
    kept = (bytes,) if kind is Join else ()
    problem = untrusted.inspect(tree, limits, kept)
    if problem is not None:
        return Refused(problem)
    if kind is None:
        return Refused(Refusal.UNKNOWN_FRAME)
    return _convert(tree, kind, kept)


def _with_mark(tree: dict[str, Any]) -> dict[str, Any]:
    """Read a cursor's mark, which JSON has in hex; what is none is left for its form to refuse."""
    match tree.get("cursor"):
        case [epoch, seq, str(mark)]:
            with suppress(ValueError):
                return tree | {"cursor": [epoch, seq, unhexlify(mark)]}
    return tree


def _convert(
    tree: dict[str, Any], kind: type[Heard], kept: tuple[type, ...]
) -> ClientFrame | Refused:
    try:
        return msgspec.convert(tree, kind, builtin_types=kept)  # type: ignore[return-value]  # _heard holds only these
    except msgspec.ValidationError as error:
        words = str(error)
        unknown = "unknown field" in words
        return Refused(Refusal.UNKNOWN_FIELD if unknown else Refusal.INVALID, {"problem": words})
