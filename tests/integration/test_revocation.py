"""Who loses access gets nothing that commits later, is followed in nothing, and is told."""

from __future__ import annotations

import os
import time

import pytest

from collab.core import commands as c
from collab.core import frames
from permissions import tokens
from permissions.models import User
from tests.cluster import Cluster, Worker
from tests.crowd import crowd, in_silence, sessions_of, under_load
from tests.estate import history, sql, version
from tests.figures import figure, percentile
from tests.loops import apart
from tests.page import PASSWORD, Page
from tests.revoking import WAYS
from tests.scene import Scene, make_scene, make_user
from tests.screens import all_screens_agree
from tests.stalls import Span, watching
from tests.wire import Wire

LATEST = 1.5
"""Seconds within which a socket is told of its access' end (the machine's own stalls apart)."""

TIMES = int(os.environ.get("COHELM_TEST_REVOCATIONS", "3"))
"""How often each way is tried under load; CI has no time for the 50 that are promised."""

IDLE_TIMES = min(TIMES, 10)

HINTS = pytest.mark.parametrize("hints", ["with hints", "without hints"])
GROUPS = pytest.mark.parametrize("group", WAYS)


@pytest.fixture
def workers(hints: str, cluster: Cluster, silent_cluster: Cluster, database: None) -> Cluster:
    return cluster if hints == "with hints" else silent_cluster


@HINTS
@GROUPS
async def test_nothing_that_commits_after_access_ended_reaches_the_socket_or_is_followed(
    workers: Cluster, group: str, hints: str
) -> None:
    took: list[Span] = []
    with watching() as gauge:
        for lost in sessions_of(WAYS[group], TIMES):
            scene = await apart(make_scene)
            took += await under_load(scene, workers, WAYS[group], lost)
    figure(f"told of lost access under load, {group}, {hints}", gauge.says(took))
    assert percentile(gauge.ours(took), 0.99) <= LATEST, gauge.says(took)


@HINTS
@GROUPS
async def test_a_socket_is_told_and_not_followed_also_when_no_event_follows(
    workers: Cluster, group: str, hints: str
) -> None:
    took: list[Span] = []
    with watching() as gauge:
        for lost in sessions_of(WAYS[group], IDLE_TIMES):
            scene = await apart(make_scene)
            took += await in_silence(scene, workers, WAYS[group], lost)
    figure(f"told of lost access in silence, {group}, {hints}", gauge.says(took))
    assert percentile(gauge.ours(took), 0.99) <= LATEST, gauge.says(took)


async def test_a_login_and_the_superusers_flag_change_nothing_in_a_session(
    cluster: Cluster, scene: Scene
) -> None:
    user = await apart(lambda: User.objects.get(id=scene["op2"].user))
    before = await apart(lambda: (version(scene.session), len(history(scene.session))))
    async with Wire(cluster[0].ws_url, scene.session, scene["op2"].token) as seen:
        await seen.join()
        await apart(lambda: signs_in(cluster[1], user))
        after = await apart(lambda: (version(scene.session), len(history(scene.session))))
        assert after == before, "a login moved acl_version"
        for _ in range(2):
            await apart(lambda: sql(_FLAG, user.id))
            note = await seen.do(c.NoteWrite("still here"))
            await seen.at(note.seq)
        assert await apart(lambda: version(scene.session)) == before[0] + 2
        assert not seen.of(frames.Access)
    await all_screens_agree(cluster.workers, scene.session, scene["owner"].token)


_FLAG = "UPDATE permissions_user SET is_superuser = NOT is_superuser WHERE id = %s"


def signs_in(worker: Worker, user: User) -> None:
    """Sign in with a password; that sets `last_login`."""
    user.set_password(PASSWORD)
    user.save()
    with Page(worker.url) as page:
        page.sign_in(user)
    user.refresh_from_db()
    assert user.last_login is not None


async def test_a_superuser_without_a_role_is_shown_no_session(
    cluster: Cluster, scene: Scene
) -> None:
    def superuser() -> str:
        return tokens.make(make_user("root", is_superuser=True), "test", "operator")

    token = await apart(superuser)
    async with Wire(cluster[0].ws_url, scene.session, token) as root:
        await root.raw(frames.encode(frames.Join()))
        await closed(root)
        assert (root.closed, root.heard) == (4504, [])


CREDENTIALS = {
    "by our own code": {"user disabled", "users disabled in bulk", "user deleted"},
    "by a credential's end": set(WAYS["by a credential's end"]),
    "by time": {"of a token", "of a login"},
}
"""Ways by which not a role ends but what one shows at the door."""


@pytest.mark.parametrize("group", CREDENTIALS)
async def test_the_close_says_whether_to_sign_in_again_or_to_ask_for_a_role(
    cluster: Cluster, database: None, group: str
) -> None:
    scene = await apart(make_scene)
    async with crowd(scene, cluster, WAYS[group], list(WAYS[group])) as people:
        await people.lose(WAYS[group], busy=False)
        ended = {wire.way: wire.closed for wire in people.seen}
    signed_out = CREDENTIALS[group]
    assert ended == {way: 4501 if way in signed_out else 4503 for way in WAYS[group]}


@HINTS
async def test_who_keeps_a_lesser_role_is_told_what_is_left(workers: Cluster, scene: Scene) -> None:
    owner = Wire(workers[0].ws_url, scene.session, scene["owner"].token)
    lesser = Wire(workers[1].ws_url, scene.session, scene["op2"].token)
    async with owner, lesser:
        await owner.join()
        await lesser.join()
        await owner.do(c.GrantGive(scene["op2"].user, "observer"))
        with watching() as gauge:
            await owner.do(c.GrantTake(scene["op2"].user, "operator"))
            taken = time.time()
            assert await lesser.refused(c.NoteWrite("no more")) == "forbidden"
            await lesser.until(lambda: lesser.of(frames.Access))
            told = Span(taken, time.time())
        assert max(gauge.ours([told])) <= LATEST, gauge.says([told])
        assert lesser.of(frames.Access)[-1].permissions == ("view",)
        note = await owner.do(c.NoteWrite("still seen"))
        await lesser.at(note.seq)
        await owner.do(c.GrantGive(scene["op2"].user, "operator"))
        await lesser.until(lambda: "drive" in lesser.of(frames.Access)[-1].permissions)
        await lesser.do(c.NoteWrite("again"))
        await all_screens_agree(workers.workers, scene.session, scene["owner"].token, owner, lesser)


async def closed(wire: Wire) -> None:
    await wire.until(lambda: wire.closed)


async def test_who_lost_access_cannot_come_back_by_a_cursor(cluster: Cluster, scene: Scene) -> None:
    owner = Wire(cluster[0].ws_url, scene.session, scene["owner"].token)
    async with owner, Wire(cluster[1].ws_url, scene.session, scene["op2"].token) as gone:
        await owner.join()
        await gone.join()
        await owner.do(c.GrantTake(scene["op2"].user, "operator"))
        await gone.until(lambda: gone.closed)
        for worker in cluster.workers:
            async with Wire(worker.ws_url, scene.session, scene["op2"].token) as again:
                await again.raw(frames.encode(frames.Join(gone.cursor)))
                await closed(again)
                assert (again.closed, again.heard) == (4504, [])
