"""What a provider's claims mean here: who is let in, and into which groups. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

EVERYBODY = "*"
_LONGEST_NAME, _LONGEST_USERNAME = 100, 130


class Rules(NamedTuple):
    """How claims are read; `groups` pairs a group of the provider with one of ours.

    `let_in` names groups of the provider: whoever is in one of them may come in.
    """

    username_claim: str
    groups_claim: str
    groups: tuple[tuple[str, str], ...]
    let_in: frozenset[str]

    @property
    def mapped(self) -> frozenset[str]:
        """Name the groups of ours whose members the provider decides."""
        return frozenset(ours for _, ours in self.groups)


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Hold the settings of an OpenID Connect provider; `hours` is how long a login lasts."""

    issuer: str
    name: str
    client_id: str
    secret: str = field(repr=False)
    scopes: tuple[str, ...]
    rules: Rules
    hours: int


class Said(NamedTuple):
    """What a provider says of somebody; issuer and subject together never change."""

    issuer: str
    subject: str
    username: str
    name: str
    groups: frozenset[str]

    @property
    def other_username(self) -> str:
        """Give a username for the case that the first one is somebody else's."""
        digest = hashlib.sha256(f"{self.issuer}\0{self.subject}".encode()).hexdigest()
        return f"{self.username}-{digest[:8]}"


def said(issuer: str, claims: Mapping[str, Any], rules: Rules) -> Said:
    """Read the claims of an id token that was believed."""
    subject = str(claims["sub"])
    username = _shown(claims.get(rules.username_claim)) or _shown(subject)
    return Said(
        issuer=issuer,
        subject=subject,
        username=re.sub(r"[^\w.@+-]", "-", username)[:_LONGEST_USERNAME],
        name=(_shown(claims.get("name")) or username)[:_LONGEST_NAME],
        groups=_groups(claims, rules.groups_claim),
    )


def lets_in(person: Said, rules: Rules) -> bool:
    """Say whether the provider's groups let somebody in."""
    return EVERYBODY in rules.let_in or bool(person.groups & rules.let_in)


def groups_of(person: Said, rules: Rules) -> frozenset[str]:
    """Name the mapped groups of ours that somebody is to be in."""
    if not lets_in(person, rules):
        return frozenset()
    return frozenset(ours for theirs, ours in rules.groups if theirs in person.groups)


def says_enough(claims: Mapping[str, Any], rules: Rules) -> bool:
    """Say whether these claims hold all that is wanted, so that nobody need ask for more."""
    return rules.username_claim in claims and _at(claims, rules.groups_claim) is not None


def _groups(claims: Mapping[str, Any], place: str) -> frozenset[str]:
    found = _at(claims, place)
    listed = found if isinstance(found, list) else [found]
    return frozenset(group for group in listed if isinstance(group, str))


def _at(claims: Mapping[str, Any], place: str) -> Any:
    """Find a claim by its name, or by a way such as realm_access.roles."""
    if place in claims:
        return claims[place]
    found: Any = claims
    for name in place.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _shown(value: Any) -> str:
    """Give a text without what cannot be seen or kept; nothing where it is no text."""
    text = unicodedata.normalize("NFKC", value) if isinstance(value, str) else ""
    return "".join(letter for letter in text if letter.isprintable()).strip()
