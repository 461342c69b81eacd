"""Digests: each event is bound to its bytes, its place, its time and all before it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from collab.core import chain
from tests.play import START_TIME, uid


def digest(**changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "log": uid(1),
        "seq": 1,
        "time": START_TIME,
        "committed": chain.commitment(b"salt", b"bytes"),
    }
    return chain.event_digest(**(fields | changes))


def test_an_outsider_can_recompute_a_digest_with_sha256_alone() -> None:
    committed = hashlib.sha256(b"salt" + b"bytes").digest()
    plain = b"cohelm.event.1" + uid(1).bytes + (1).to_bytes(8, "big")
    plain += START_TIME.to_bytes(8, "big") + committed
    assert digest() == hashlib.sha256(plain).digest()
    assert chain.link(chain.GENESIS, digest()) == hashlib.sha256(bytes(32) + digest()).digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"log": uid(2)},
        {"seq": 2},
        {"time": START_TIME + 1},
        {"committed": chain.commitment(b"salt", b"other")},
        {"committed": chain.commitment(b"other", b"bytes")},
    ],
)
def test_whatever_changes_changes_the_digest(changes: dict[str, Any]) -> None:
    assert digest(**changes) != digest()


def test_the_chain_depends_on_the_order() -> None:
    one, two = digest(), digest(seq=2)
    forward = chain.link(chain.link(chain.GENESIS, one), two)
    assert forward != chain.link(chain.link(chain.GENESIS, two), one)


def test_arguments_have_one_digest_whatever_their_order() -> None:
    assert chain.args_digest({"b": 1, "a": {"d": 2, "c": 3}}) == chain.args_digest(
        {"a": {"c": 3, "d": 2}, "b": 1}
    )


def test_the_digest_of_arguments_is_that_of_their_canonical_json() -> None:
    canonical = '{"a":"\u00e9","b":[1,null,true,1.5]}'
    args = {"b": [1, None, True, 1.5], "a": "\u00e9"}
    assert chain.args_digest(args) == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    "other", [{"a": "1"}, {"a": 1.0}, {"a": True}, {"a": [1]}, {"A": 1}, {"a": 1, "b": None}, {}]
)
def test_other_arguments_have_another_digest(other: dict[str, Any]) -> None:
    assert chain.args_digest(other) != chain.args_digest({"a": 1})


def test_the_digest_of_bytes_is_sha256() -> None:
    assert chain.digest_of(b"x") == hashlib.sha256(b"x").digest()
