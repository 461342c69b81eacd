"""Bad input over a real socket: a name and a sentence, nothing changed, nobody disturbed."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgpack
import pytest
import websockets
from pytest_django.plugin import DjangoDbBlocker
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from collab.core import commands as c
from collab.core import frames
from collab.core.codes import Refusal
from collab.core.encodings import MSGPACK
from collab.models import Session
from permissions import grants
from tests.cluster import Cluster, Worker
from tests.loops import apart
from tests.page import Page, person
from tests.record import head_of
from tests.scene import Scene, make_scene
from tests.screens import all_screens_agree
from tests.turns import approving, asked, start_run
from tests.wire import PATIENCE, Wire

ID = "0b0b0b0b-0000-4000-8000-000000000000"


def packed(value: Any) -> bytes:
    found: bytes = msgpack.packb(value)
    return found


def wish(**command: Any) -> bytes:
    """Give a frame with a command as its sender wrote it."""
    return packed({"frame": "submit", "command_id": str(uuid4()), "command": command})


def nested(depth: int) -> bytes:
    """Give a frame with `depth` lists in each other."""
    return _with(packed({"frame": "alive"}), b"\x91" * depth + b"\xc0")


def _with(head: bytes, value: bytes) -> bytes:
    """Add a field `x` to a packed map of few fields."""
    return bytes([head[0] + 1]) + head[1:] + packed("x") + value


FRAMES: dict[str, tuple[bytes, str]] = {
    "nothing at all": (b"", "malformed"),
    "a byte that means nothing": (b"\xc1", "malformed"),
    "cut short": (packed({"frame": "alive"})[:-2], "malformed"),
    "more behind it": (packed({"frame": "alive"}) + b"\x01", "malformed"),
    "JSON": (json.dumps({"frame": "alive"}).encode(), "malformed"),
    "a list": (packed(["frame", "alive"]), "malformed"),
    "a number": (packed(7), "malformed"),
    "a key that is a number": (b"\x82\xa5frame\xa5alive\x01\x02", "malformed"),
    "a key that is bytes": (b"\x82\xa5frame\xa5alive\xc4\x01a\x02", "malformed"),
    "an extension": (_with(packed({"frame": "alive"}), b"\xd4\x01\x00"), "malformed"),
    "a timestamp": (_with(packed({"frame": "alive"}), b"\xd6\xff\x00\x00\x00\x00"), "malformed"),
    "a length that lies": (b"\x82\xa5frame\xa5alive\xa1x\xc6\xff\xff\xff\xff", "malformed"),
    "text that is no UTF-8": (_with(packed({"frame": "alive"}), b"\xa2\xff\xfe"), "invalid_text"),
    "half a surrogate": (_with(packed({"frame": "alive"}), b"\xa3\xed\xa0\x80"), "invalid_text"),
    "NUL in a text": (wish(type="note.write", text="a\0b"), "invalid_text"),
    "NUL in a key": (wish(**{"type": "note.write", "a\0": "b"}), "invalid_text"),
    "not a number": (wish(type="note.write", text=float("nan")), "invalid_number"),
    "infinity": (wish(type="note.write", text=float("inf")), "invalid_number"),
    "more than a browser can count": (wish(type="note.write", text=2**53), "invalid_number"),
    "2^64-1": (wish(type="note.write", text=2**64 - 1), "invalid_number"),
    "a little too deep": (nested(40), "too_deep"),
    "much too deep": (nested(60_000), "too_deep"),
    "too many values": (wish(type="note.write", text=[0] * 2_100), "too_large"),
    "too large": (wish(type="note.write", text="x" * 66_000), "too_large"),
    "an unknown frame": (packed({"frame": "sing"}), "unknown_frame"),
    "no frame": (packed({"fame": "alive"}), "unknown_frame"),
    "a frame that is no name": (packed({"frame": 7}), "unknown_frame"),
    "the server's frame": (packed({"frame": "reply", "command_id": ID, "seq": 1}), "unknown_frame"),
    "a forged actor on the frame": (
        packed({"frame": "submit", "command_id": ID, "command": {}, "actor": ID}),
        "unknown_field",
    ),
    "a forged seq on the frame": (
        packed({"frame": "submit", "command_id": ID, "command": {}, "seq": 1}),
        "unknown_field",
    ),
    "an id that is none": (
        packed({"frame": "submit", "command_id": "mine", "command": {}}),
        "invalid",
    ),
    "no command": (packed({"frame": "submit", "command_id": ID}), "invalid"),
    "a page that is too long": (
        packed({"frame": "read", "request_id": 1, "before": 5, "limit": 501}),
        "invalid",
    ),
    "a place before the first": (
        packed({"frame": "read", "request_id": 1, "before": -1}),
        "invalid",
    ),
    "a second join": (packed({"frame": "join"}), "already_joined"),
}
"""Frames that cannot be followed, each with the name of its refusal."""

COMMANDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown": ("op1", {"type": "prompt.sing"}, "unknown_command"),
    "no type": ("op1", {"text": "x"}, "unknown_command"),
    "the server's own": ("op1", {"type": "session.open", "title": "x"}, "unknown_command"),
    "an event": ("op1", {"type": "note.written", "text": "x"}, "unknown_command"),
    "forged actor": ("op1", {"type": "note.write", "text": "x", "actor": ID}, "unknown_field"),
    "forged seq": ("op1", {"type": "note.write", "text": "x", "seq": 3}, "unknown_field"),
    "forged time": ("op1", {"type": "note.write", "text": "x", "time": 3}, "unknown_field"),
    "forged session": ("op1", {"type": "note.write", "text": "x", "log": ID}, "unknown_field"),
    "visibility": ("op1", {"type": "note.write", "text": "x", "visibility": "me"}, "invalid"),
    "no text": ("op1", {"type": "note.write", "text": ""}, "invalid"),
    "wrong kind of text": ("op1", {"type": "note.write", "text": ["x"]}, "invalid"),
    "long text": ("op1", {"type": "note.write", "text": "x" * 32_001}, "invalid"),
    "observer notes": ("observer", {"type": "note.write", "text": "x"}, "forbidden"),
    "observer prompts": ("observer", {"type": "prompt.queue", "text": "x"}, "forbidden"),
    "observer closes": ("observer", {"type": "session.close"}, "forbidden"),
    "operator grants": (
        "op1",
        {"type": "grant.give", "user": ID, "role": "owner"},
        "forbidden",
    ),
    "operator attaches": ("op1", {"type": "agent.attach", "runner": "x"}, "wrong_kind"),
    "agent prompts": ("agent", {"type": "prompt.queue", "text": "x"}, "wrong_kind"),
    "agent without claim": (
        "agent",
        {"type": "run.start", "claim": 7, "run_id": ID, "prompts": [ID]},
        "stale_claim",
    ),
    "cancels nothing": ("op1", {"type": "run.cancel", "run_id": ID}, "no_run"),
    "recalls nothing": ("op1", {"type": "prompt.recall", "prompt_id": ID}, "no_prompt"),
    "moves nothing": ("op1", {"type": "prompt.move", "prompt_id": ID}, "no_prompt"),
    "moves to a place": ("op1", {"type": "prompt.move", "prompt_id": ID, "to": 1}, "unknown_field"),
    "grants to nobody": (
        "owner",
        {"type": "grant.give", "user": ID, "role": "operator"},
        "no_person",
    ),
    "takes nothing": (
        "owner",
        {"type": "grant.take", "user": ID, "role": "operator"},
        "no_grant",
    ),
    "approves nothing": (
        "op1",
        {
            "type": "approval.decide",
            "approval_id": ID,
            "decision": "approve",
            "args_digest": "0" * 64,
            "shown_seq": 1,
        },
        "no_approval",
    ),
}
"""Commands that are not followed: who sends them, what, and the name of the refusal."""


class Quiet(NamedTuple):
    """A scene in which nothing happens but what a test sends."""

    scene: Scene
    cluster: Cluster
    neighbour: Wire

    def wire(self, who: str) -> Wire:
        """Open a socket at the neighbour's own process."""
        return Wire(self.cluster[0].ws_url, self.scene.session, self.scene[who].token)


@pytest.fixture
async def quiet(database: None, cluster: Cluster, shared_scene: Scene) -> AsyncIterator[Quiet]:
    """Give a neighbour in the same process, and see afterwards that nothing was disturbed."""
    before = await head_of(shared_scene.session)
    token = shared_scene["auditor"].token
    async with Wire(cluster[0].ws_url, shared_scene.session, token) as neighbour:
        await neighbour.join()
        yield Quiet(shared_scene, cluster, neighbour)
        assert await answers(neighbour)
    assert await head_of(shared_scene.session) == before, "something was changed"


async def answers(wire: Wire) -> bool:
    """Say whether a socket still answers."""
    pages = len(wire.of(frames.Page))
    await wire.raw(frames.encode(frames.Read(1, 3)))
    await wire.until(lambda: len(wire.of(frames.Page)) > pages or wire.closed)
    return wire.closed is None


async def refusal(wire: Wire, sent: bytes | str) -> frames.RefusalFrame:
    """Send bytes and give the refusal that answers them."""
    await wire.raw(sent)
    await wire.until(lambda: wire.of(frames.RefusalFrame) or wire.closed)
    assert wire.closed is None, f"closed with {wire.closed}"
    found: frames.RefusalFrame = wire.of(frames.RefusalFrame)[0]
    assert found.code in {refusal.code for refusal in Refusal}
    assert found.sentence.endswith(".")
    return found


@pytest.mark.parametrize("name", FRAMES)
async def test_a_frame_that_cannot_be_followed_is_refused_by_name(quiet: Quiet, name: str) -> None:
    sent, code = FRAMES[name]
    async with quiet.wire("op1") as wire:
        await wire.join()
        assert (await refusal(wire, sent)).code == code
        assert await answers(wire)


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_command_that_is_not_followed_is_refused_by_name(quiet: Quiet, name: str) -> None:
    who, command, code = COMMANDS[name]
    async with quiet.wire(who) as wire:
        await wire.join()
        assert (await refusal(wire, wish(**command))).code == code
        assert await answers(wire)


async def test_a_text_frame_is_refused(quiet: Quiet) -> None:
    async with quiet.wire("op1") as wire:
        await wire.join()
        assert (await refusal(wire, '{"frame": "alive"}')).code == "malformed"
        assert await answers(wire)


async def test_nothing_may_come_before_the_join(quiet: Quiet) -> None:
    async with quiet.wire("op1") as wire:
        assert (await refusal(wire, wish(type="note.write", text="x"))).code == "not_joined"
        await wire.join()
        assert await answers(wire)


async def test_the_third_frame_that_cannot_be_read_closes_the_socket(quiet: Quiet) -> None:
    async with quiet.wire("op1") as wire:
        await wire.join()
        for sent in (b"\xc1", "text", packed([])):
            await wire.raw(sent)
        await wire.until(lambda: wire.closed)
        assert (wire.closed, wire.socket.close_reason) == (4500, "malformed")
        assert len(wire.of(frames.RefusalFrame)) == 2


@pytest.mark.parametrize("size", [2 * 1024 * 1024, 20 * 1024 * 1024])
async def test_a_frame_beyond_all_limits_ends_only_its_own_socket(quiet: Quiet, size: int) -> None:
    async with quiet.wire("op1") as wire:
        await wire.join()
        with suppress(websockets.ConnectionClosed):
            await wire.raw(b"\0" * size)
        await wire.until(lambda: wire.closed)
        assert wire.closed == 1009


async def test_a_frame_that_only_claims_to_be_endless_is_refused_by_its_header(
    quiet: Quiet,
) -> None:
    async with quiet.wire("op1") as wire:
        await wire.join()
        wire.socket.transport.write(b"\x82\xff" + struct.pack("!Q", 2**62) + b"\0\0\0\0")
        await wire.until(lambda: wire.closed)
        assert wire.closed == 1009


class End(NamedTuple):
    """How the server ended a socket, byte by byte."""

    frames: list[bytes | str]
    code: int | None
    reason: str | None


async def end_of(
    worker: Worker, session: UUID, *sent: bytes, path: str = "", **headers: str
) -> End:
    """Open a socket with any headers, send, and take all until the server ends it."""
    address = path or f"/ws/sessions/{session}/"
    protocol = websockets.Subprotocol(frames.SUBPROTOCOL)
    url = worker.ws_url + address
    async with connect(url, subprotocols=[protocol], additional_headers=headers) as socket:
        heard: list[bytes | str] = []
        try:
            for data in sent:
                await socket.send(data)
            while True:
                heard.append(await asyncio.wait_for(socket.recv(), PATIENCE))
        except websockets.ConnectionClosed:
            return End(heard, socket.close_code, socket.close_reason)


JOINS = [
    frames.Join(),
    frames.Join(from_start=True),
    frames.Join((1, 5, b"12345678")),
    frames.Join((9, 10**6, b"")),
]


@pytest.mark.parametrize("join", JOINS)
async def test_a_session_of_others_and_none_at_all_answer_alike(
    cluster: Cluster, quiet: Quiet, join: frames.Join
) -> None:
    stranger = (await apart(make_scene))["owner"]
    bearer = {"Authorization": f"Bearer {stranger.token}"}
    sent = frames.encode(join)
    theirs = await end_of(cluster[0], quiet.scene.session, sent, **bearer)
    nothing = await end_of(cluster[0], uuid4(), sent, **bearer)
    assert theirs == nothing == End([], 4504, "not_found")


async def test_a_command_to_a_session_of_others_and_to_none_at_all_answer_alike(
    cluster: Cluster, quiet: Quiet
) -> None:
    stranger = (await apart(make_scene))["owner"]
    bearer = {"Authorization": f"Bearer {stranger.token}"}
    sent = [frames.encode(frames.Join()), wish(type="note.write", text="x")]
    heard = set()
    for session in (quiet.scene.session, uuid4()) * 3:
        ended = await end_of(cluster[0], session, *sent, **bearer)
        heard.add((tuple(ended.frames), ended.code, ended.reason))
    assert heard == {((), 4504, "not_found")}


async def test_no_token_in_an_address_counts_or_is_written_down(
    cluster: Cluster, quiet: Quiet
) -> None:
    token = quiet.scene["op1"].token
    path = f"/ws/sessions/{quiet.scene.session}/?token={token}&authorization=Bearer%20{token}"
    ended = await end_of(cluster[0], quiet.scene.session, path=path)
    assert ended == End([], 4501, "not_signed_in")
    for worker in cluster.workers:
        assert token not in worker.log.read_text()


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer x", "Basic b3A6eA==", "Bearer ck_{0}_{1}", "Bearer {1}"]
)
async def test_a_credential_that_is_none_is_told_to_sign_in(
    cluster: Cluster, quiet: Quiet, shown: str
) -> None:
    headers = {"Authorization": shown.format("0" * 32, "A" * 43)}
    ended = await end_of(cluster[0], quiet.scene.session, **headers)
    assert ended == End([], 4501, "not_signed_in")


async def test_without_any_credential_one_is_told_to_sign_in(
    cluster: Cluster, quiet: Quiet
) -> None:
    assert await end_of(cluster[0], quiet.scene.session) == End([], 4501, "not_signed_in")


@pytest.fixture(scope="module")
def cookie(cluster: Cluster, shared_scene: Scene, django_db_blocker: DjangoDbBlocker) -> str:
    """Give the cookies of somebody who signed in and may see the session."""
    with django_db_blocker.unblock(), Page(cluster[0].url) as page:
        user = person()
        grants.give(user, Session.objects.get(id=shared_scene.session), "operator")
        page.sign_in(user)
        return "; ".join(f"{name}={value}" for name, value in page.http.cookies.items())


async def test_a_cookie_and_a_token_together_are_neither(
    cluster: Cluster, quiet: Quiet, cookie: str
) -> None:
    token = quiet.scene["op1"].token
    headers = {"Authorization": f"Bearer {token}", "Cookie": cookie, "Origin": cluster[0].url}
    ended = await end_of(cluster[0], quiet.scene.session, **headers)
    assert ended == End([], 4501, "not_signed_in")


ORIGINS = ["null", "https://{0}", "http://{0}.evil.example", "http://evil.example", "http://x:1"]


@pytest.mark.parametrize("origin", [*ORIGINS, ""])
async def test_a_cookie_from_another_origin_is_turned_away(
    cluster: Cluster, quiet: Quiet, cookie: str, origin: str
) -> None:
    headers = {"Cookie": cookie}
    if origin:
        headers["Origin"] = origin.format(cluster[0].url.removeprefix("http://"))
    with pytest.raises(InvalidStatus) as refused:
        await end_of(cluster[0], quiet.scene.session, frames.encode(frames.Join()), **headers)
    assert refused.value.response.status_code == 403


async def test_a_cookie_from_our_own_origin_is_welcome(
    cluster: Cluster, quiet: Quiet, cookie: str
) -> None:
    ours = {"Cookie": cookie, "Origin": cluster[0].url}
    async with Wire(cluster[0].ws_url, quiet.scene.session, "", MSGPACK, **ours) as wire:
        assert (await wire.join()).you.kind == "person"


async def test_a_second_decision_is_refused_by_name(cluster: Cluster, scene: Scene) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    agent = Wire(cluster[1].ws_url, scene.session, scene["agent"].token)
    async with one, agent:
        await one.join()
        await agent.join()
        await agent.do(c.AgentAttach("runner"))
        run, request = await start_run(one, agent, 1), asked({"path": "a"})
        shown = (await agent.do(c.ApprovalAsk(1, run, (request,)))).seq
        await one.do(approving(request, shown))
        before = await head_of(scene.session)
        assert await one.refused(approving(request, shown, "reject")) == "already_decided"
        assert await head_of(scene.session) == before
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, one, agent)


def test_none_of_this_left_a_traceback(cluster: Cluster) -> None:
    for worker in cluster.workers:
        written = Path(worker.log).read_text()
        assert "Traceback" not in written, written[-3000:]
