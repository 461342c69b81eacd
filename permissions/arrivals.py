"""Finds the person whom a provider names, or makes them, and keeps their groups as it says."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, OperationalError
from django.utils import timezone

from permissions import grants, provider, tokens
from permissions.models import Login, User
from permissions.provider import Rules, Said

_TRIES = 3


def arrive(person: Said, rules: Rules) -> User | None:
    """Give the person behind what a provider says, in the groups it says; None: not let in.

    Two first logins at once make one person, and a batch may win a deadlock: so it tries again.
    """
    lost: DatabaseError | None = None
    for _ in range(_TRIES):
        try:
            with grants.changing_as(None):
                return _arrived(person, rules)
        except (IntegrityError, OperationalError) as problem:
            lost = problem
    raise lost or AssertionError


def make_groups(names: Iterable[str]) -> None:
    """Make the groups that the provider fills, so that roles can be given to them."""
    for name in names:
        Group.objects.get_or_create(name=name)


def _arrived(person: Said, rules: Rules) -> User | None:
    let_in = provider.lets_in(person, rules)
    user = _known(person) or (_new(person) if let_in else None)
    if user is None:
        return None
    # Before their groups are left: a workspace that they lose shall be told of it too.
    if not let_in:
        tokens.revoke_all(user)
    _put_into(user, provider.groups_of(person, rules), rules)
    if let_in and user.is_active:
        return user
    Login.objects.filter(user=user, ended_at=None).update(ended_at=timezone.now())
    return None


def _known(person: Said) -> User | None:
    # Locked: of two logins at once with different groups, the later one's are kept.
    rows = SocialAccount.objects.select_for_update(of=("self",)).select_related("user")
    account = rows.filter(provider=person.issuer, uid=person.subject).first()
    return account.user if account else None


def _new(person: Said) -> User:
    """Make a person of their own, even if somebody here has the same username or e-mail."""
    taken = User.objects.filter(username__iexact=person.username).exists()
    user = User(username=person.other_username if taken else person.username, name=person.name)
    user.set_unusable_password()
    user.save(force_insert=True)
    SocialAccount.objects.create(user=user, provider=person.issuer, uid=person.subject)
    return user


def _put_into(user: User, wanted: frozenset[str], rules: Rules) -> None:
    held = user.groups.filter(name__in=rules.mapped)
    user.groups.remove(*held.exclude(name__in=wanted))
    make_groups(wanted)
    user.groups.add(*Group.objects.filter(name__in=wanted))
