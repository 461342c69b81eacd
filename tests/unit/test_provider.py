"""What a provider's claims mean: who comes in, as whom, into which groups; whom one believes."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from collab.api.id_tokens import NotBelieved, believed
from permissions.provider import Rules, groups_of, lets_in, said, says_enough

RULES = Rules(
    "preferred_username",
    "groups",
    (("ops", "Operators"), ("night", "Operators"), ("staff", "Observers")),
    frozenset({"ops", "staff"}),
)
ISSUER = "https://login.example.org"


def of(rules: Rules = RULES, **claims: Any) -> Any:
    return said(ISSUER, {"sub": "1", "preferred_username": "ada", **claims}, rules)


@pytest.mark.parametrize(
    ("groups", "in_", "ours"),
    [
        (["ops", "night"], True, {"Operators"}),
        (["staff", "unheard of"], True, {"Observers"}),
        ("staff", True, {"Observers"}),
        (["night"], False, set()),
        ([], False, set()),
        (None, False, set()),
        ({"ops": True}, False, set()),
        ([1, None, ["ops"]], False, set()),
    ],
)
def test_groups_let_in_and_lead_into_groups(groups: Any, in_: bool, ours: set[str]) -> None:
    person = of(groups=groups)
    assert lets_in(person, RULES) is in_
    assert groups_of(person, RULES) == ours


def test_without_the_claim_nobody_is_in_a_group() -> None:
    assert of().groups == frozenset()
    everybody = RULES._replace(let_in=frozenset("*"))
    assert lets_in(of(), everybody) and groups_of(of(), everybody) == set()


def test_groups_may_lie_deeper() -> None:
    rules = RULES._replace(groups_claim="realm_access.roles")
    assert of(rules, realm_access={"roles": ["ops"]}).groups == {"ops"}
    assert of(rules, realm_access="ops").groups == set()
    url = RULES._replace(groups_claim="https://example.org/groups")
    assert of(url, **{"https://example.org/groups": ["ops"]}).groups == {"ops"}


@pytest.mark.parametrize(
    ("claims", "username", "name"),
    [
        ({"name": "Ada L."}, "ada", "Ada L."),
        ({"preferred_username": "ada l/ovelace"}, "ada-l-ovelace", "ada l/ovelace"),
        ({"preferred_username": ""}, "1", "1"),
        ({"preferred_username": 7, "name": ["x"]}, "1", "1"),
        ({"name": "A\u202eda\0\ud800"}, "ada", "Ada"),
        ({"preferred_username": "\uff41da"}, "ada", "ada"),
        ({"preferred_username": "x" * 300}, "x" * 130, "x" * 100),
    ],
)
def test_names_are_what_can_be_shown_and_kept(
    claims: dict[str, Any], username: str, name: str
) -> None:
    person = of(**claims)
    assert (person.username, person.name) == (username, name)


def test_another_username_is_the_same_each_time_and_one_persons() -> None:
    assert of().other_username == of().other_username != of(sub="2").other_username
    assert len(of(preferred_username="x" * 300).other_username) <= 150


def test_more_is_asked_for_only_when_something_is_missing() -> None:
    assert says_enough({"preferred_username": "ada", "groups": []}, RULES)
    assert not says_enough({"preferred_username": "ada"}, RULES)
    assert not says_enough({"groups": []}, RULES)


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
KEYS = {
    "keys": [
        jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "rsa"},
        jwt.algorithms.ECAlgorithm.to_jwk(CURVE.public_key(), as_dict=True) | {"kid": "ec"},
    ]
}


def token(key: Any = KEY, algorithm: str = "RS256", kid: str | None = "rsa", **claims: Any) -> str:
    now = int(time.time())
    body = {"iss": ISSUER, "sub": "1", "aud": "cohelm", "iat": now, "exp": now + 60, **claims}
    kept = {name: value for name, value in body.items() if value is not None}
    return jwt.encode(kept, key, algorithm, headers={"kid": kid} if kid else None)


@pytest.mark.parametrize(
    "good",
    [
        token(),
        token(algorithm="PS256"),
        token(CURVE, "ES256", "ec"),
        token(aud=["cohelm", "x"]),
        token(azp="cohelm"),
    ],
)
def test_a_good_id_token_is_believed(good: str) -> None:
    assert believed(good, KEYS, ISSUER, "cohelm")["sub"] == "1"


PUBLIC = b"the public key's bytes are no secret at all"
LATE = int(time.time()) - 3600


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        None,
        7,
        "a.b.c",
        token(aud="another"),
        token(azp="another"),
        token(iss="https://elsewhere.example"),
        token(exp=LATE),
        token(exp=None),
        token(sub=None),
        token(iat=None),
        token(kid="unheard of"),
        token(kid=None),
        token(CURVE, "ES256", "rsa"),
        token(PUBLIC, "HS256"),
        token("", "none"),
        token()[:-4] + "AAAA",
    ],
)
def test_a_wrong_id_token_is_not_believed(wrong: Any) -> None:
    with pytest.raises(NotBelieved):
        believed(wrong, KEYS, ISSUER, "cohelm")


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": "x"}, [], None, {"keys": [{}]}])
def test_without_the_providers_keys_nothing_is_believed(keys: Any) -> None:
    with pytest.raises(NotBelieved):
        believed(token(), keys, ISSUER, "cohelm")
