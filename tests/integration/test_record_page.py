"""The admin's page of a log: it shows and ends what its viewer may, and nothing beyond that."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from html import unescape
from uuid import UUID, uuid4

import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.models import Session, Workspace
from permissions import grants
from permissions.models import User
from tests.cluster import Cluster
from tests.loops import alone, apart
from tests.office import Office
from tests.page import person
from tests.polling import until
from tests.record import Line, lines
from tests.scene import Scene, submitted
from tests.screens import all_screens_agree
from tests.turns import start_run
from tests.wire import Wire

WITHOUT_ROLE = "You hold no role here"


@pytest.fixture
def root(scene: Scene) -> User:
    return person(name="Root", is_staff=True, is_superuser=True)


@pytest.fixture
def office(cluster: Cluster, root: User) -> Iterator[Office]:
    with Office(cluster[0].url) as page:
        page.sign_in(root)
        yield page


@pytest.fixture
async def seen(cluster: Cluster, scene: Scene) -> AsyncIterator[Wire]:
    """Give the socket of somebody at the other process."""
    async with Wire(cluster[1].ws_url, scene.session, scene["op2"].token) as wire:
        await wire.join()
        yield wire


def page_of(scene: Scene) -> str:
    return f"/admin/collab/session/{scene.session}/events/"


def role(scene: Scene, user: User, name: str) -> None:
    grants.give(user, Session.objects.get(id=scene.session), name)


def text(office: Office, path: str) -> str:
    answer = office.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return unescape(answer.text)


def press(office: Office, path: str, **fields: object) -> str:
    """Press a button, and give what the page says then."""
    office.submit(path, {"command_id": uuid4(), **fields})
    said = re.search(r'<ul class="messagelist">.*?<li[^>]*>(.*?)</li>', text(office, path), re.S)
    assert said
    return said[1]


def last(scene: Scene) -> Line:
    record: list[Line] = alone(lines(scene.session))
    return record[-1]


def test_a_superuser_without_a_role_sees_no_event_and_ends_nothing(
    office: Office, scene: Scene
) -> None:
    shown = text(office, page_of(scene))
    assert WITHOUT_ROLE in shown
    assert "session.opened" not in shown and scene["op1"].name not in shown
    before = last(scene).seq
    wish = {"act": "cut", "user": scene["op1"].user}
    assert "no such session" in press(office, page_of(scene), **wish)
    assert last(scene).seq == before


def test_a_role_that_a_superuser_takes_is_told_and_then_shows_the_events(
    office: Office, scene: Scene, root: User
) -> None:
    fields = {"user": root.id, "session": scene.session, "role": "auditor"}
    office.submit("/admin/permissions/rolegrant/add/", fields)
    shown = text(office, page_of(scene))
    assert "session.opened" in shown and '"title": "Tidy up"' in shown

    def told() -> bool:
        record: list[Line] = alone(lines(scene.workspace))
        bodies = [line.event.body for line in record]
        return any(
            isinstance(body, e.AccessChanged) and body.person == root.id and body.log is None
            for body in bodies
        )

    until(told, "the role was not told in the workspace's log")


def test_a_log_is_paged_from_its_end_to_its_beginning(
    office: Office, scene: Scene, root: User
) -> None:
    role(scene, root, "auditor")

    async def write() -> None:
        for number in range(230):
            await submitted(scene.session, scene["op1"], c.NoteWrite(f"note {number}"))

    alone(write())
    path, seqs = page_of(scene), []
    while path:
        shown = text(office, path)
        seqs += [int(seq) for seq in re.findall(r"<tr><td>(\d+)</td>", shown)]
        older = re.search(r'<a href="(\?before=\d+)">Older</a>', shown)
        path = page_of(scene) + older[1] if older else ""
    assert seqs == list(range(last(scene).seq, 0, -1))
    middle = text(office, f"{page_of(scene)}?before=101")
    assert 'href="?before=201">Newer</a>' in middle


@pytest.mark.parametrize("before", ["x", "-1", "0", "99999999999999999999", "²"])
def test_a_place_that_is_none_is_no_fault(
    office: Office, scene: Scene, root: User, before: str
) -> None:
    role(scene, root, "auditor")
    assert office.get(f"{page_of(scene)}?before={before}").status_code == 200


def test_an_observer_gets_what_is_withheld_as_a_digest(
    office: Office, scene: Scene, root: User
) -> None:
    role(scene, root, "observer")
    secret = c.NoteWrite("only for us", "operators")
    alone(submitted(scene.session, scene["op1"], secret))
    shown = text(office, page_of(scene))
    assert "only for us" not in shown
    assert "withheld" in shown


def test_content_is_text_on_the_page(office: Office, scene: Scene, root: User) -> None:
    role(scene, root, "auditor")
    alone(submitted(scene.session, scene["op1"], c.NoteWrite("<script>alert(1)</script>")))
    assert "<script>alert(1)" not in office.get(page_of(scene)).text


def test_who_is_deleted_is_still_named(office: Office, scene: Scene, root: User) -> None:
    role(scene, root, "auditor")
    alone(submitted(scene.session, scene["op2"], c.NoteWrite("I was here")))
    User.objects.get(id=scene["op2"].user).delete()
    shown = text(office, page_of(scene))
    assert re.search(r"note.written</td><td>op2</td>", shown)


@pytest.mark.parametrize(("act", "close"), [("cut", 4003), ("away", 4505)])
async def test_sockets_are_cut_in_every_process_by_who_may(
    office: Office, scene: Scene, root: User, cluster: Cluster, seen: Wire, act: str, close: int
) -> None:
    await apart(lambda: role(scene, root, "moderator"))
    shown = await apart(lambda: text(office, page_of(scene)))
    assert str(scene["op2"].user) in shown, "the other process did not tell who is connected"
    async with Wire(cluster[0].ws_url, scene.session, scene["op1"].token) as other:
        await other.join()
        wish = {"act": act, "user": scene["op2"].user, "reason": "too loud"}
        said = await apart(lambda: press(office, page_of(scene), **wish))
        assert said.startswith("Done")
        cut = await other.event(e.ConnectionClosed)
        assert (cut.actor, cut.body.reason) == (root.id, "too loud")
        await seen.until(lambda: seen.closed)
        assert seen.closed == close
        assert other.closed is None
        async with Wire(cluster[1].ws_url, scene.session, scene["op2"].token) as again:
            await again.join()
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, other)


async def test_sockets_are_cut_without_hints_too(silent_cluster: Cluster, scene: Scene) -> None:
    owner = Wire(silent_cluster[0].ws_url, scene.session, scene["owner"].token)
    async with owner, Wire(silent_cluster[1].ws_url, scene.session, scene["op2"].token) as cut:
        await owner.join()
        await cut.join()
        await owner.do(c.ConnectionClose(scene["op2"].user))
        await cut.until(lambda: cut.closed, 1.5)
        assert cut.closed == 4003


async def test_a_run_is_ended_by_who_may_and_refused_politely_to_others(
    office: Office, scene: Scene, root: User, cluster: Cluster
) -> None:
    people = [Wire(cluster[1].ws_url, scene.session, scene[n].token) for n in ("op1", "agent")]
    async with people[0] as one, people[1] as agent:
        await one.join()
        await agent.join()
        await agent.do(c.AgentAttach("runner"))
        run = await start_run(one, agent, 1)
        await apart(lambda: role(scene, root, "auditor"))
        wish = {"act": "end", "run": run, "reason": "late"}
        refused = await apart(lambda: press(office, page_of(scene), **wish))
        assert refused == "Your role in this session does not allow that."
        await apart(lambda: role(scene, root, "operator"))
        assert "End the run" in await apart(lambda: text(office, page_of(scene)))
        assert (await apart(lambda: press(office, page_of(scene), **wish))).startswith("Done")
        ended = await one.event(e.RunCancelled)
        assert (ended.actor, ended.body.reason) == (root.id, "late")
        assert "End the run" not in await apart(lambda: text(office, page_of(scene)))


def test_a_form_that_is_sent_twice_acts_once(office: Office, scene: Scene, root: User) -> None:
    role(scene, root, "moderator")
    wish = {"act": "cut", "user": scene["op2"].user, "command_id": uuid4()}
    first = press(office, page_of(scene), **wish)
    assert press(office, page_of(scene), **wish) == first


@pytest.mark.parametrize(
    "wish", [{}, {"act": "cut"}, {"act": "x", "user": UUID(int=1)}, {"act": "end"}]
)
def test_a_form_that_is_not_filled_in_is_refused(
    office: Office, scene: Scene, root: User, wish: dict[str, object]
) -> None:
    role(scene, root, "moderator")
    before = last(scene).seq
    assert press(office, page_of(scene), **wish) == "The form was not filled in."
    assert last(scene).seq == before


def test_a_workspaces_log_is_shown_too_and_a_new_one_begins(office: Office, root: User) -> None:
    name = f"W {uuid4().hex}"
    office.submit("/admin/collab/workspace/add/", {"name": name})
    workspace = Workspace.objects.get(name=name)
    assert WITHOUT_ROLE in text(office, f"/admin/collab/workspace/{workspace.id}/events/")
    fields = {"user": root.id, "workspace": workspace.id, "role": "owner"}
    office.submit("/admin/permissions/rolegrant/add/", fields)
    page = f"/admin/collab/workspace/{workspace.id}/events/"
    assert "workspace.opened" in text(office, page)
    until(lambda: "access.changed" in text(office, page), "the role was not told")


def test_who_is_no_administrator_gets_no_page(cluster: Cluster, scene: Scene) -> None:
    owner = person()
    role(scene, owner, "owner")
    with Office(cluster[0].url) as page:
        page.sign_in(owner)
        assert page.get(page_of(scene)).status_code == 302
