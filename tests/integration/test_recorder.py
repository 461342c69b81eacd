"""Every change of grants, however it is made, is told once in its workspace's log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import Group

from collab import recorder
from collab.core import commands as c
from collab.core.events import AccessChanged
from collab.models import Session, Workspace
from collab.submit import SYSTEM, Committed, submit
from permissions import grants, tokens
from permissions.models import RoleGrant, Token, User
from tests import loops
from tests.conftest import MakeCluster
from tests.estate import Estate, history, new_user, sql
from tests.play import CHANGE
from tests.polling import until
from tests.record import Line, ask, broken_at, lines
from tests.scene import Scene, make_scene, submitted

ROWS = "permissions_sessionuserpermission"


@pytest.fixture
def scene(database: None) -> Scene:
    """Give a session, with nothing left to be told of its making."""
    scene = make_scene()
    tell(scene)
    return scene


def untold(workspace: UUID) -> int:
    found: int = sql("SELECT count(*) FROM permissions_untold WHERE workspace = %s", workspace)[0][
        0
    ]
    return found


def tell(scene: Scene) -> None:
    """Have all be told, as each worker does."""

    async def whole() -> None:
        while await ask("SELECT FROM permissions_untold WHERE workspace = %s", scene.workspace):
            await recorder.tell()

    loops.alone(whole())


def told(workspace: UUID) -> list[AccessChanged]:
    """Give the changes that a workspace's log tells of."""
    record: list[Line] = loops.alone(lines(workspace))
    assert broken_at(workspace, record) is None
    bodies = [line.event.body for line in record]
    return [body for body in bodies if isinstance(body, AccessChanged)]


def after(scene: Scene, before: int) -> list[AccessChanged]:
    """Give what was told since."""
    tell(scene)
    return told(scene.workspace)[before:]


def session_of(scene: Scene) -> Session:
    return Session.objects.get(id=scene.session)


def workspace_of(scene: Scene) -> Workspace:
    return Workspace.objects.get(id=scene.workspace)


def grouped(scene: Scene) -> User:
    user, group = new_user(), Group.objects.create(name=uuid4().hex)
    user.groups.add(group)
    grants.give(group, session_of(scene), "operator")
    return user


def operator(scene: Scene) -> User:
    return User.objects.get(id=scene["op2"].user)


WAYS: dict[str, Callable[[Scene], object]] = {
    "a role given by code": lambda s: grants.give(new_user(), session_of(s), "operator"),
    "a role on the workspace": lambda s: grants.give(new_user(), workspace_of(s), "observer"),
    "a role taken by code": lambda s: grants.take(operator(s), session_of(s), "operator"),
    "grants deleted in bulk": lambda s: RoleGrant.objects.filter(session=s.session).delete(),
    "permissions deleted by SQL": lambda s: sql(
        f"DELETE FROM {ROWS} WHERE session_id = %s", s.session
    ),
    "guardian's assign": lambda s: grants.give_permission("audit", operator(s), session_of(s)),
    "guardian's remove": lambda s: grants.take_permission("view", operator(s), session_of(s)),
    "a user disabled": lambda s: User.objects.filter(id=s["op2"].user).update(is_active=False),
    "a token revoked": lambda s: tokens.revoke(Token.objects.get(user=s["op2"].user).id),
    "a member of a group": lambda s: grouped(s),
    "a user deleted": lambda s: operator(s).delete(),
    "the session moved": lambda s: sql(
        "UPDATE collab_session SET workspace_id = %s WHERE id = %s",
        Estate().elsewhere.id,
        s.session,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_change_is_told_in_the_workspaces_log_as_it_was_kept(scene: Scene, way: str) -> None:
    before, kept = len(told(scene.workspace)), len(history(scene.session))
    WAYS[way](scene)
    rows = history(scene.session)[kept:]
    events = after(scene, before)
    assert rows and len(events) == len(rows)
    for event, row in zip(events, rows, strict=True):
        assert (event.source, event.db_role) == (row["source"], "cohelm_app")
        assert event.person == row["person"]
        assert same(event.old, row["old"]) and same(event.new, row["new"])
        assert abs(event.changed_at / 1e6 - row["time"].timestamp()) < 0.1
    assert untold(scene.workspace) == 0


def same(told: tuple[dict[str, object], ...], kept: list[dict[str, object]] | None) -> bool:
    """Say whether the same lines are there, in any order."""
    return sorted(map(str, map(sorted_items, told))) == sorted(
        map(str, map(sorted_items, kept or []))
    )


def sorted_items(line: dict[str, object]) -> list[tuple[str, object]]:
    return sorted(line.items())


def test_a_change_of_a_user_with_many_sessions_is_told_once(scene: Scene) -> None:
    user = operator(scene)
    for _ in range(3):
        grants.give(user, Session.objects.create(workspace=workspace_of(scene), title="x"), "owner")
    grants.give(user, workspace_of(scene), "observer")
    tell(scene)
    before = len(told(scene.workspace))
    User.objects.filter(id=user.id).update(is_active=False)
    (event,) = after(scene, before)
    assert event.old == ({"id": str(user.id), "is_active": True, "is_superuser": False},)
    assert event.new == ({"id": str(user.id), "is_active": False, "is_superuser": False},)


def test_a_change_of_a_thousand_rows_is_told_in_pieces(scene: Scene) -> None:
    before = len(told(scene.workspace))
    sql(
        "WITH people AS (INSERT INTO permissions_user (id, username, password, is_superuser, email,"
        " is_staff, is_active, date_joined) SELECT gen_random_uuid(), gen_random_uuid(), '', false,"
        " '', false, true, now() FROM generate_series(1, 450) RETURNING id)"
        f" INSERT INTO {ROWS} (user_id, session_id, permission_id) SELECT id, %s, (SELECT min(id)"
        " FROM auth_permission WHERE codename = 'view') FROM people",
        scene.session,
    )
    pieces = after(scene, before)
    assert sorted(len(piece.new) for piece in pieces) == [50, 200, 200]
    assert len({str(line) for piece in pieces for line in piece.new}) == 450


def test_what_a_command_changed_is_told_once_in_each_log(scene: Scene) -> None:
    user = new_user(name="Nia")
    to = user.id
    beside = Session.objects.create(workspace=workspace_of(scene), title="beside")
    grants.give(user, beside, "observer")
    tell(scene)
    before = len(told(scene.workspace))
    loops.alone(submitted(scene.session, scene["owner"], c.GrantGive(to, "observer")))
    (event,) = after(scene, before)
    assert (event.log, event.person) == (scene.session, scene["owner"].user)
    assert [line["permission"] for line in event.new] == ["view"]
    loops.alone(submitted(scene.workspace, scene["owner"], c.GrantGive(to, "operator")))
    assert after(scene, before) == [event], "the workspace's own event tells of it already"
    kinds = [line.type for line in loops.alone(lines(scene.workspace))]
    assert kinds[-2:] == ["participant.joined", "grant.given"]


def test_a_change_in_the_owners_name_names_the_databases_role(scene: Scene) -> None:
    before = len(told(scene.workspace))
    sql(f"DELETE FROM {ROWS} WHERE session_id = %s", scene.session, dsn=settings.LOG_OWNER_DSN)
    (event,) = after(scene, before)
    assert (event.person, event.db_role) == (None, "cohelm_owner")


def test_what_is_rolled_back_is_not_told(scene: Scene) -> None:
    with psycopg.connect(settings.LOG_DSN) as conn:
        conn.execute(f"DELETE FROM {ROWS} WHERE session_id = %s", (scene.session,))
        conn.rollback()
    assert untold(scene.workspace) == 0


def test_a_workspace_whose_log_has_not_begun_is_told_when_it_has(database: None) -> None:
    estate = Estate()
    grants.give(new_user(), estate.session, "observer")
    loops.alone(recorder.tell())
    assert (untold(estate.workspace.id), told(estate.workspace.id)) == (1, [])
    begun = submit(estate.workspace.id, SYSTEM, uuid4(), c.WorkspaceOpen("Late"))
    assert isinstance(loops.alone(begun), Committed)
    until(lambda: loops.alone(recorder.tell()) or not untold(estate.workspace.id), "not told")
    assert len(told(estate.workspace.id)) == 1


def test_many_who_tell_at_once_make_one_event_of_each_change(scene: Scene) -> None:
    before = len(told(scene.workspace))
    for _ in range(5):
        grants.give(new_user(), session_of(scene), "observer")

    async def all_at_once() -> None:
        await asyncio.gather(*(recorder.tell() for _ in range(8)))

    loops.alone(all_at_once())
    assert len(after(scene, before)) == 5


def test_a_process_that_dies_before_it_forgets_makes_no_second_event(
    scene: Scene, make_cluster: MakeCluster
) -> None:
    """Others may be quicker to tell of a change: it dies by one of the first that it tells of."""
    before, session = len(told(scene.workspace)), session_of(scene)
    (dying,) = make_cluster(1, COHELM_FAILPOINT="recorder.before_forget").workers
    given: list[User] = []

    def died() -> bool:
        if not dying.ended():
            given.append(new_user())
            grants.give(given[-1], session, "observer")
        return dying.ended()

    until(died, "the worker did not die where it should")
    (other,) = make_cluster(1).workers
    until(lambda: not untold(scene.workspace), "nobody told it again")
    assert len(told(scene.workspace)) == before + len(given)
    assert not other.ended()


def test_the_server_forgets_what_is_told_and_writes_nothing_there(database: None) -> None:
    for change in (
        "INSERT INTO permissions_untold (workspace) VALUES (gen_random_uuid())",
        "UPDATE permissions_untold SET source = 'x'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            sql(change)


def test_the_systems_commands_have_one_outcome_for_one_id_too(scene: Scene) -> None:
    key = uuid4()

    def again() -> object:
        return loops.alone(submit(scene.workspace, SYSTEM, key, c.AccessRecord(CHANGE)))

    first, second = again(), again()
    assert isinstance(first, Committed)
    assert second == first._replace(replayed=True)
