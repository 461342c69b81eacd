"""What the roles permit, as bits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permissions.roles import BITS, NONE, ROLES, Permission, codenames, mask_of


def test_each_role_permits_what_it_is_for() -> None:
    assert {role: " ".join(codenames(mask)) for role, mask in ROLES.items()} == {
        "observer": "view",
        "commenter": "view comment",
        "suggester": "view comment suggest",
        "operator": "view comment suggest drive approve stop",
        "moderator": "view comment suggest drive approve stop moderate",
        "auditor": "view audit",
        "owner": "view comment suggest drive approve stop moderate redact audit manage",
        "agent": "view act",
    }


def test_nobody_but_an_agent_acts_as_one() -> None:
    assert [role for role, mask in ROLES.items() if Permission.ACT in mask] == ["agent"]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_at_least_view(role: str) -> None:
    assert Permission.VIEW in ROLES[role]


@given(st.sets(st.sampled_from(sorted(BITS))))
def test_names_and_bits_say_the_same(names: set[str]) -> None:
    assert set(codenames(mask_of(names))) == names


@given(st.lists(st.text()))
def test_a_name_that_is_no_permission_gives_nothing(names: list[str]) -> None:
    assert mask_of(name for name in names if name not in BITS) == NONE
