"""A mask says what somebody may do now, by which grants, and until when."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone

from permissions import grants, tokens
from permissions.masks import Head, Mask, Principal, heads_and_masks, masks
from permissions.models import User
from permissions.roles import BITS, NONE, ROLES, Permission
from tests import loops
from tests.estate import Estate, by_login, look, mask, new_login, new_user, principal, sql

pytestmark = pytest.mark.usefixtures("database")

EMPTY = Mask(NONE, None)
SOON, LATER = (timezone.now() + timedelta(hours=hours) for hours in (1, 2))


def test_the_roles_in_the_database_are_those_in_python() -> None:
    rows = sql("SELECT role, array_agg(codename) FROM permissions_rolepermission GROUP BY role")
    assert {role: set(names) for role, names in rows} == {
        role: {name for name, bit in BITS.items() if bit in given} for role, given in ROLES.items()
    }


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("on", ["session", "workspace"])
@pytest.mark.parametrize("through", ["user", "group"])
def test_a_role_permits_what_it_says(role: str, on: str, through: str) -> None:
    estate, user = Estate(), new_user()
    holder: User | Group = user
    if through == "group":
        holder = Group.objects.create(name=uuid4().hex)
        user.groups.add(holder)
    grants.give(holder, getattr(estate, on), role)
    who = principal(user)
    reached = {"session": ["session"], "workspace": ["workspace", "session", "sibling"]}[on]
    logs = {name: getattr(estate, name).id for name in estate.versions()}
    found = look([(log, who) for log in logs.values()])
    assert {name: found[log, who] for name, log in logs.items()} == {
        name: Mask(ROLES[role], None) if name in reached else EMPTY for name in logs
    }


@pytest.mark.parametrize("role", ROLES)
def test_guardian_agrees_on_the_object_itself(role: str) -> None:
    estate, user = Estate(), new_user()
    grants.give(user, estate.session, role)
    held = mask(estate.session.id, principal(user)).permissions
    for name, permission in BITS.items():
        assert user.has_perm(f"collab.{name}", estate.session) == (permission in held)
        assert not user.has_perm(f"collab.{name}", estate.sibling)


def test_several_grants_add_up() -> None:
    estate, user = Estate(), new_user()
    group = Group.objects.create(name=uuid4().hex)
    user.groups.add(group)
    grants.give(user, estate.session, "commenter")
    grants.give(group, estate.workspace, "auditor")
    expected = Permission.VIEW | Permission.COMMENT | Permission.AUDIT
    assert mask(estate.session.id, principal(user)) == Mask(expected, None)


def test_a_mask_ends_when_the_first_of_its_permissions_does() -> None:
    estate, user = Estate(), new_user()
    grants.give(user, estate.session, "observer")
    grants.give(user, estate.session, "operator", until=LATER)
    grants.give(user, estate.workspace, "suggester", until=SOON)
    found = mask(estate.session.id, principal(user))
    # What the suggester may do, the operator may do for longer.
    assert found.permissions == ROLES["operator"]
    assert found.until == pytest.approx(LATER.timestamp(), abs=1e-3)


def test_a_grant_that_is_over_gives_nothing() -> None:
    estate, user = Estate(), new_user()
    grants.give(user, estate.session, "observer")
    grants.give(user, estate.session, "operator", until=timezone.now() - timedelta(seconds=1))
    assert mask(estate.session.id, principal(user)) == Mask(Permission.VIEW, None)


def test_a_mask_ends_with_the_login_that_it_was_asked_for() -> None:
    estate, user = Estate(), new_user()
    grants.give(user, estate.session, "observer", until=LATER)
    login = new_login(user)
    found = mask(estate.session.id, by_login(login))
    assert found.permissions == Permission.VIEW
    assert found.until == pytest.approx(login.until.timestamp(), abs=1e-3)


def test_whoever_is_disabled_may_do_nothing() -> None:
    estate, user = Estate(), new_user(is_active=False)
    grants.give(user, estate.session, "owner")
    assert mask(estate.session.id, principal(user)) == EMPTY


def test_a_superuser_may_do_nothing_in_sessions() -> None:
    estate = Estate()
    assert mask(estate.session.id, principal(new_user(is_superuser=True))) == EMPTY


def test_a_credential_that_is_over_permits_nothing() -> None:
    estate, user, other = Estate(), new_user(), new_user()
    for each in (user, other):
        grants.give(each, estate.session, "owner")
    revoked = principal(user)
    assert revoked.auth_id and tokens.revoke(revoked.auth_id)
    ended, late, good = new_login(user), new_login(user), new_login(user)
    sql("UPDATE permissions_login SET ended_at = now() WHERE id = %s", ended.id)
    sql("UPDATE permissions_login SET until = now() WHERE id = %s", late.id)
    borrowed = Principal(user.id, 2, principal(other).auth_id)
    as_token = Principal(user.id, 2, good.id)
    unknown, none, system = (
        Principal(user.id, 1, uuid4()),
        Principal(user.id, 2, None),
        Principal(user.id, 0, None),
    )
    over = [revoked, by_login(ended), by_login(late), borrowed, as_token, unknown, none, system]
    found = look([(estate.session.id, who) for who in [*over, by_login(good)]])
    assert [found[estate.session.id, who] for who in over] == [EMPTY] * len(over)
    assert found[estate.session.id, by_login(good)].permissions == ROLES["owner"]


def test_a_log_that_does_not_exist_permits_nothing() -> None:
    assert mask(uuid4(), principal(new_user())) == EMPTY


def test_many_masks_come_in_one_query() -> None:
    estate = Estate()
    people = [new_user() for _ in range(40)]
    for user, role in zip(people, list(ROLES) * 5, strict=True):
        grants.give(user, estate.session, role)
    pairs = [
        (log, principal(user)) for user in people for log in (estate.session.id, estate.sibling.id)
    ]

    async def ask() -> int:
        async with await psycopg.AsyncConnection.connect(settings.LOG_DSN) as conn:
            async with conn.pipeline():
                found = await masks(conn, pairs)
            return sum(bool(mask.permissions) for mask in found.values())

    assert loops.alone(ask()) == 40


def test_the_head_comes_with_the_masks_that_were_in_force_at_it() -> None:
    estate, user = Estate(), new_user()
    grants.give(user, estate.session, "operator")
    one, nobody = principal(user), principal(new_user())

    async def ask() -> tuple[Head, dict[Principal, Mask]]:
        async with await psycopg.AsyncConnection.connect(settings.LOG_DSN) as conn:
            return await heads_and_masks(conn, estate.session.id, [one, nobody])

    head, found = loops.alone(ask())
    assert tuple(head) == (1, 0, estate.versions()["session"])
    assert found == {one: Mask(ROLES["operator"], None), nobody: EMPTY}


def test_a_log_without_a_head_is_not_there() -> None:
    async def ask() -> object:
        async with await psycopg.AsyncConnection.connect(settings.LOG_DSN) as conn:
            return await heads_and_masks(conn, uuid4(), [])

    with pytest.raises(LookupError):
        loops.alone(ask())
