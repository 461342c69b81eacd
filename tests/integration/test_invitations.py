"""Invitations in a real log: made, used once, withdrawn, and worth no more than their maker."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from collab import inviting
from collab.core.codes import Refusal, Refused
from collab.log import pool
from collab.models import Session, Workspace
from collab.submit import Committed, Outcome, Sender, sender_of
from permissions import credentials, grants, invitations, tokens
from permissions.invitations import Invitation, Wanted
from permissions.models import Invitation as Row
from permissions.models import User
from permissions.roles import ROLES
from tests import loops
from tests.estate import history, mask, new_user, principal, sql
from tests.scene import Scene

pytestmark = pytest.mark.usefixtures("database")


def wanted(scene: Scene, role: str = "operator", *, workspace: bool = True) -> Wanted:
    until = timezone.now() + timedelta(days=1)
    session, place = (None, scene.workspace) if workspace else (scene.session, None)
    return Wanted(uuid4(), session, place, role, "Nia", until, scene["owner"].user)


async def sender(token: str) -> Sender:
    async with (await pool.shared()).connection() as conn:
        identity = await credentials.by_token(conn, token)
    assert identity is not None
    return sender_of(identity)


def invite(scene: Scene, wish: Wanted, who: str = "owner") -> str | Refused:
    async def once() -> str | Refused:
        return await inviting.invite(await sender(scene[who].token), wish)

    return loops.alone(once())


async def shown(text: str) -> Invitation:
    async with (await pool.shared()).connection() as conn:
        found = await invitations.by_text(conn, text)
    assert found is not None
    return found


def accept(text: str, *users: UUID) -> list[Outcome]:
    """Have some people accept at the same instant, each in a batch of one process."""

    async def all_at_once() -> list[Outcome]:
        invitation = await shown(text)
        return await asyncio.gather(*(inviting.accept(invitation, user) for user in users))

    return loops.alone(all_at_once())


def made(scene: Scene, wish: Wanted | None = None) -> str:
    text = invite(scene, wish or wanted(scene))
    assert isinstance(text, str), text
    return text


@pytest.mark.parametrize("workspace", [True, False], ids=["workspace", "session"])
def test_who_accepts_has_the_role_and_the_log_says_by_which_invitation(
    scene: Scene, workspace: bool
) -> None:
    guest, wish = new_user(name="Nia"), wanted(scene, workspace=workspace)
    before = mask(scene.session, principal(guest)).permissions
    (outcome,) = accept(made(scene, wish), guest.id)
    assert isinstance(outcome, Committed), outcome
    assert not before
    assert mask(scene.session, principal(guest)).permissions == ROLES["operator"]
    log = wish.log
    told = sql("SELECT type FROM collab_event WHERE log = %s ORDER BY seq", log)
    # Any process beside may tell of the change of grants, at any time.
    assert [kind for (kind,) in told if kind != "access.changed"][-4:] == [
        "invitation.made",
        "invitation.taken",
        "participant.joined",
        "grant.given",
    ]
    row = Row.objects.get(id=wish.id)
    assert (row.made_by_id, row.taken_by, row.withdrawn_at) == (wish.made_by, guest, None)
    assert row.made_at is not None
    assert row.taken_at is not None
    assert history(log)[-1]["new"] is not None


def test_neither_the_table_nor_the_log_holds_the_secret(scene: Scene) -> None:
    wish = wanted(scene)
    secret = made(scene, wish).rpartition("_")[2].encode()
    assert bytes(Row.objects.get(id=wish.id).hash) != secret
    stored = sql("SELECT bytes FROM collab_event WHERE log = %s", scene.workspace)
    assert not any(secret in bytes(row[0]) for row in stored)
    assert not any(tokens.digest(secret.decode()) in bytes(row[0]) for row in stored)


def test_of_two_who_accept_at_once_one_gets_in(scene: Scene) -> None:
    for _ in range(5):
        first, second = new_user(), new_user()
        outcomes = accept(made(scene), first.id, second.id)
        refused = [each for each in outcomes if isinstance(each, Refused)]
        assert [each.refusal for each in refused] == [Refusal.NO_INVITATION]
        held = [bool(mask(scene.session, principal(each)).permissions) for each in (first, second)]
        assert sorted(held) == [False, True]


def test_accepting_twice_gives_one_grant(scene: Scene) -> None:
    guest = new_user()
    outcomes = accept(made(scene), guest.id, guest.id)
    assert sum(isinstance(each, Committed) and not each.replayed for each in outcomes) == 1
    given = "SELECT count(*) FROM permissions_rolegrant WHERE user_id = %s"
    assert sql(given, guest.id) == [(1,)]


def test_nobody_gets_in_by_an_invitation_that_was_withdrawn(scene: Scene) -> None:
    text, guest = made(scene), new_user()

    async def take_back() -> Outcome:
        return await inviting.withdraw(await sender(scene["owner"].token), await shown(text))

    assert isinstance(loops.alone(take_back()), Committed)
    (outcome,) = accept(text, guest.id)
    assert isinstance(outcome, Refused)
    assert not mask(scene.session, principal(guest)).permissions


@pytest.mark.parametrize("way", ["role taken", "switched off", "role ended"])
def test_an_invitation_ends_with_what_its_maker_may(scene: Scene, way: str) -> None:
    text, guest = made(scene), new_user()
    owner = User.objects.get(id=scene["owner"].user)
    workspace = Workspace.objects.get(id=scene.workspace)
    if way == "role taken":
        grants.take(owner, workspace, "owner")
    elif way == "role ended":
        grants.give(owner, workspace, "owner", until=timezone.now() - timedelta(seconds=1))
    else:
        User.objects.filter(id=owner.id).update(is_active=False)
    (outcome,) = accept(text, guest.id)
    assert isinstance(outcome, Refused)
    assert outcome.refusal is Refusal.NO_INVITATION


def test_a_refused_invitation_leaves_no_secret_behind(scene: Scene) -> None:
    wish = wanted(scene, "owner", workspace=False)
    refused = invite(scene, wish, "op1")
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.FORBIDDEN
    assert not Row.objects.filter(id=wish.id).exists()


def test_a_secret_without_its_event_is_worth_nothing(scene: Scene) -> None:
    wish = wanted(scene)

    async def kept() -> Invitation | None:
        async with (await pool.shared()).connection() as conn:
            return await invitations.by_text(conn, await invitations.keep(conn, wish))

    assert loops.alone(kept()) is None


# the command


def invited(*args: str) -> str:
    out = StringIO()
    call_command("invite", *args, stdout=out)
    return out.getvalue().strip()


def place_of(text: str) -> tuple[Invitation, datetime]:
    async def look() -> Invitation:
        return await shown(text)

    return loops.alone(look()), timezone.now()


def test_the_command_prints_a_link_that_works_for_seven_days(scene: Scene) -> None:
    workspace = Workspace.objects.get(id=scene.workspace)
    printed = invited("Nia", "--role", "observer", "--workspace", workspace.name)
    base, _, text = printed.partition("#")
    assert base == "http://127.0.0.1:8000/invitation"
    invitation, now = place_of(text)
    assert (invitation.workspace, invitation.session) == (workspace.id, None)
    assert (invitation.role, invitation.name, invitation.made_by) == ("observer", "Nia", None)
    assert timedelta(days=6.9) < invitation.until - now < timedelta(days=7)
    guest = new_user()
    (outcome,) = accept(text, guest.id)
    assert isinstance(outcome, Committed), outcome
    assert mask(scene.session, principal(guest)).permissions == ROLES["observer"]


@pytest.mark.parametrize("named", ["id", "title"])
def test_the_command_invites_to_one_session(scene: Scene, named: str) -> None:
    title = f"T {uuid4().hex[:8]}"
    Session.objects.filter(id=scene.session).update(title=title)
    which = title if named == "title" else str(scene.session)
    printed = invited("Nia", "--role", "operator", "--session", which, "--url", "https://c.test/")
    assert printed.startswith("https://c.test/invitation#ci_")
    assert place_of(printed.partition("#")[2])[0].session == scene.session


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--workspace", "nowhere"], "There is no workspace nowhere."),
        (["--session", "nothing"], "There is no session nothing."),
        (["--session", str(UUID(int=5))], "There is no session 0000"),
        (["--session", "Tidy up"], "Several sessions are called Tidy up"),
        (["--days", "0"], "--days must be from 1 to 365."),
    ],
)
def test_what_the_command_cannot_do_is_said_in_a_sentence(
    scene: Scene, args: list[str], sentence: str
) -> None:
    Session.objects.create(workspace_id=scene.workspace, title="Tidy up")
    with pytest.raises(CommandError, match=sentence):
        invited("Nia", "--role", "observer", *args)
