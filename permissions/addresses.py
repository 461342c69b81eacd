"""Says which addresses are one place, where what comes from a place is counted."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

ONE_PLACE = 64
"""Bits of an IPv6 address that a provider gives one place; the rest it chooses itself."""


def place_of(address: str) -> str | None:
    """Give what counts as one place. None is this machine, where our own programs and a proxy that
    nobody named are, and what is no address: nothing is counted for it."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if found.is_loopback:
        return None
    if isinstance(found, IPv6Address):
        return str(ip_network((found, ONE_PLACE), strict=False))
    return str(found)
