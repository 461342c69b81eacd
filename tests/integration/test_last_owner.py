"""A workspace keeps its last owner, whatever a command says; past all code it can be taken."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from collab.core import commands as c
from collab.core.codes import Refusal, Refused
from collab.log import pool
from collab.models import Workspace
from collab.submit import Committed, Outcome, sender_of, submit
from permissions import credentials, grants
from permissions.models import RoleGrant, User
from tests.estate import new_user, sql
from tests.loops import alone
from tests.scene import Scene

OWNER = "owner"


def asked(scene: Scene, command: c.Command) -> Outcome:
    """Put a command to the workspace's log, in its owner's name."""

    async def put() -> Outcome:
        async with (await pool.shared()).connection() as conn:
            identity = await credentials.by_token(conn, scene[OWNER].token)
        assert identity
        return await submit(scene.workspace, sender_of(identity), uuid4(), command)

    return alone(put())


def removals(scene: Scene) -> list[c.Command]:
    me, soon = scene[OWNER].user, int((timezone.now() + timedelta(hours=1)).timestamp() * 1e6)
    return [c.GrantTake(me, OWNER), c.GrantGive(me, OWNER, soon), c.ParticipantLeave()]


def workspace(scene: Scene) -> Workspace:
    return Workspace.objects.get(id=scene.workspace)


@pytest.mark.parametrize("number", range(3))
def test_the_last_owner_of_a_workspace_is_not_removed_by_a_command(
    scene: Scene, number: int
) -> None:
    refused = asked(scene, removals(scene)[number])
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.LAST_OWNER
    assert RoleGrant.objects.filter(workspace=scene.workspace, role=OWNER, until=None).count() == 1


@pytest.mark.parametrize("other", ["alone", "by a group"])
def test_one_of_two_owners_is_removed(scene: Scene, other: str) -> None:
    user, group = new_user(), Group.objects.create(name=uuid4().hex)
    user.groups.add(group)
    grants.give(user if other == "alone" else group, workspace(scene), OWNER)
    assert isinstance(asked(scene, c.GrantTake(scene[OWNER].user, OWNER)), Committed)


@pytest.mark.parametrize("other", ["disabled", "until tomorrow", "an empty group"])
def test_an_owner_who_is_none_does_not_count(scene: Scene, other: str) -> None:
    user, end = new_user(is_active=other != "disabled"), timezone.now() + timedelta(days=1)
    holder = Group.objects.create(name=uuid4().hex) if other == "an empty group" else user
    until = end if other == "until tomorrow" else None
    grants.give(holder, workspace(scene), OWNER, until=until)
    refused = asked(scene, c.GrantTake(scene[OWNER].user, OWNER))
    assert isinstance(refused, Refused) and refused.refusal is Refusal.LAST_OWNER


def test_sql_takes_the_last_owner_and_the_history_says_so(scene: Scene) -> None:
    sql("DELETE FROM permissions_rolegrant WHERE workspace_id = %s", scene.workspace)
    refused = asked(scene, c.GrantTake(scene[OWNER].user, OWNER))
    assert isinstance(refused, Refused) and refused.refusal is Refusal.NOT_FOUND
    assert User.objects.filter(id=scene[OWNER].user).exists()
