"""Any grants, in any order: what Postgres says somebody may do is what the grants add up to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from permissions import grants
from permissions.masks import Mask
from permissions.models import RoleGrant, User
from permissions.roles import BITS, NONE, ROLES
from tests.estate import Estate, look, new_user, principal

pytestmark = pytest.mark.usefixtures("database")

NOW = timezone.now()
ENDS = {"over": NOW - timedelta(minutes=1), "never": None} | {
    f"in {hours} h": NOW + timedelta(hours=hours) for hours in (1, 2, 3)
}


class Step(NamedTuple):
    """One grant given or taken."""

    holder: str
    on: str
    role: str
    end: str
    given: bool


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["user", "group", "another"]),
        st.sampled_from(["session", "workspace", "sibling", "elsewhere"]),
        st.sampled_from(sorted(ROLES)),
        st.sampled_from(sorted(ENDS)),
        st.booleans() | st.just(True),
    ),
    max_size=12,
)


def expected(held: dict[tuple[str, str, str], datetime | None], logs: set[str]) -> Mask:
    """Add up the grants on some objects, in Python."""
    ends = {}
    for permission in BITS.values():
        found = [
            until.timestamp() if until else float("inf")
            for (holder, on, role), until in held.items()
            if holder != "another" and on in logs and permission in ROLES[role]
            if until is None or until > NOW
        ]
        if found:
            ends[permission] = max(found)
    mask = NONE
    for permission in ends:
        mask |= permission
    first = min(ends.values(), default=float("inf"))
    return Mask(mask, None if first == float("inf") else first)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_masks_are_the_sum_of_the_grants(steps: list[Step]) -> None:
    estate = Estate()
    user, another, group = new_user(), new_user(), Group.objects.create(name=uuid4().hex)
    user.groups.add(group)
    holders: dict[str, User | Group] = {"user": user, "another": another, "group": group}
    held: dict[tuple[str, str, str], datetime | None] = {}
    for step in steps:
        holder, shared = holders[step.holder], getattr(estate, step.on)
        if step.given:
            grants.give(holder, shared, step.role, until=ENDS[step.end])
            held[step[:3]] = ENDS[step.end]
        else:
            took = grants.take(holder, shared, step.role)
            assert took == (step[:3] in held)
            held.pop(step[:3], None)
    who = principal(user)
    reach = {
        "workspace": {"workspace"},
        "session": {"session", "workspace"},
        "sibling": {"sibling", "workspace"},
        "stranger": {"elsewhere"},
    }
    found = look([(getattr(estate, name).id, who) for name in reach])
    for name, logs in reach.items():
        mask = found[getattr(estate, name).id, who]
        wanted = expected(held, logs)
        assert mask.permissions == wanted.permissions, name
        assert mask.until == pytest.approx(wanted.until, abs=1e-3), name
    assert RoleGrant.objects.filter(user__in=[user, another]).count() <= len(held)
