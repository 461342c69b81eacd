"""Who sees what: by role, whole or as a stub or not at all."""

from __future__ import annotations

import pytest

from collab.core.visibility import AUDITORS, CODES, EVERYONE, OPERATORS, Sight, sights, view
from permissions.roles import NONE, ROLES, Permission

SEES = {
    "observer": {EVERYONE},
    "commenter": {EVERYONE},
    "suggester": {EVERYONE},
    "operator": {EVERYONE, OPERATORS},
    "moderator": {EVERYONE, OPERATORS},
    "auditor": {EVERYONE, OPERATORS, AUDITORS},
    "owner": {EVERYONE, OPERATORS, AUDITORS},
    "agent": {EVERYONE},
}


def test_every_role_and_every_visibility_is_in_the_table() -> None:
    assert set(SEES) == set(ROLES)
    assert set(CODES.values()) == {EVERYONE, OPERATORS, AUDITORS}


@pytest.mark.parametrize("visibility", sorted(CODES.values()))
@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_an_event_whole_or_as_a_stub(role: str, visibility: int) -> None:
    expected = Sight.FRAME if visibility in SEES[role] else Sight.STUB
    assert view(visibility, ROLES[role]) is expected


@pytest.mark.parametrize("visibility", sorted(CODES.values()))
@pytest.mark.parametrize("mask", [NONE, Permission(sum(Permission)) & ~Permission.VIEW])
def test_without_view_nothing_is_seen_whatever_else_is_held(
    mask: Permission, visibility: int
) -> None:
    assert view(visibility, mask) is Sight.NOTHING
    assert sights(mask) == 0


def test_more_permissions_never_show_less() -> None:
    for bits in range(1 << len(Permission)):
        mask = Permission(bits)
        for more in Permission:
            assert sights(mask) & ~sights(mask | more) == 0
