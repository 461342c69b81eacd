"""What each role may do, as bits. Pure: no Django, no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntFlag
from types import MappingProxyType


class Permission(IntFlag):
    """One thing that one may do to one session or workspace."""

    VIEW = 1
    COMMENT = 2
    SUGGEST = 4
    DRIVE = 8
    APPROVE = 16
    STOP = 32
    MODERATE = 64
    REDACT = 128
    AUDIT = 256
    MANAGE = 512
    ACT = 1024


NONE = Permission(0)

_OBSERVER = Permission.VIEW
_COMMENTER = _OBSERVER | Permission.COMMENT
_SUGGESTER = _COMMENTER | Permission.SUGGEST
_OPERATOR = _SUGGESTER | Permission.DRIVE | Permission.APPROVE | Permission.STOP
_MODERATOR = _OPERATOR | Permission.MODERATE
_OWNER = _MODERATOR | Permission.REDACT | Permission.AUDIT | Permission.MANAGE

# A superuser of Django's admin is no role: it gives nothing on content.
ROLES: Mapping[str, Permission] = MappingProxyType(
    {
        "observer": _OBSERVER,
        "commenter": _COMMENTER,
        "suggester": _SUGGESTER,
        "operator": _OPERATOR,
        "moderator": _MODERATOR,
        "auditor": Permission.VIEW | Permission.AUDIT,
        "owner": _OWNER,
        "agent": Permission.VIEW | Permission.ACT,
    }
)

BITS: Mapping[str, Permission] = MappingProxyType(
    {str(permission.name).lower(): permission for permission in Permission}
)
"""Every permission by its codename, in the order of its bit."""


def codenames(mask: Permission) -> tuple[str, ...]:
    """Give the names of a mask's permissions, in the order of their bits."""
    return tuple(name for name, permission in BITS.items() if permission in mask)


def mask_of(names: Iterable[str]) -> Permission:
    """Give the mask of some codenames; a name that is not a permission gives nothing."""
    mask = NONE
    for name in names:
        mask |= BITS.get(name, NONE)
    return mask
