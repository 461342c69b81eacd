"""How people sign in is read from the environment, and what is wrong there is a sentence."""

from pathlib import Path

import pytest
from django.core.checks import CheckMessage
from pytest_django import Settings

from permissions.provider import Rules
from workspace.checks import somebody_can_sign_in
from workspace.environment import WrongSetting
from workspace.management.commands.up import ways_in
from workspace.signing_in import read

GOOD = {
    "COHELM_OIDC_ISSUER": "https://login.example.org/realms/ours",
    "COHELM_OIDC_CLIENT_ID": "cohelm",
    "COHELM_OIDC_CLIENT_SECRET": "a secret",
    "COHELM_OIDC_LET_IN": "*",
}


def test_without_settings_there_are_passwords_and_no_provider() -> None:
    found = read({"COHELM_OIDC_ISSUER": "", "PATH": "/bin"})
    assert (found.passwords, found.provider) == (True, None)


def test_what_is_not_said_is_sensible() -> None:
    found = read(GOOD).provider
    assert found
    assert found.name == "login.example.org"
    assert found.scopes == ("openid", "profile")
    assert found.hours == 12
    assert found.rules == Rules("preferred_username", "groups", (), frozenset("*"))
    assert "a secret" not in repr(found)


def test_whoever_is_in_a_mapped_group_is_let_in_unless_others_are_named() -> None:
    mapped = GOOD | {
        "COHELM_OIDC_GROUPS": "cn=ops,ou=groups = Operators;staff=Observers;\nstaff=All",
        "COHELM_OIDC_LET_IN": "",
    }
    found = read(mapped).provider
    assert found
    assert found.rules.groups == (
        ("cn=ops,ou=groups", "Operators"),
        ("staff", "Observers"),
        ("staff", "All"),
    )
    assert found.rules.let_in == {"cn=ops,ou=groups", "staff"}
    named = read(mapped | {"COHELM_OIDC_LET_IN": "staff; night shift"}).provider
    assert named and named.rules.let_in == {"staff", "night shift"}


def test_the_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    settings = GOOD | {"COHELM_OIDC_CLIENT_SECRET": "", "COHELM_OIDC_CLIENT_SECRET_FILE": str(file)}
    found = read(settings).provider
    assert found and found.secret == "from a file"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COHELM_PASSWORDS", "no"),
        ("COHELM_OIDC_ISSUER", ""),
        ("COHELM_OIDC_ISSUER", "login.example.org"),
        ("COHELM_OIDC_ISSUER", "http://login.example.org"),
        ("COHELM_OIDC_ISSUER", "https://[login"),
        ("COHELM_OIDC_ISSUER", "https://me:mine@login.example.org"),
        ("COHELM_OIDC_ISSUER", "https://login.example.org/?tenant=1"),
        ("COHELM_OIDC_ISSUER", f"https://login.example.org/{'x' * 200}"),
        ("COHELM_OIDC_CLIENT_ID", ""),
        ("COHELM_OIDC_CLIENT_SECRET", ""),
        ("COHELM_OIDC_CLIENT_SECRET_FILE", "/nowhere/secret"),
        ("COHELM_OIDC_NAME", "x" * 61),
        ("COHELM_OIDC_SCOPES", "profile"),
        ("COHELM_OIDC_GROUPS", "ops"),
        ("COHELM_OIDC_GROUPS", "ops=Operators; =Observers"),
        ("COHELM_OIDC_LET_IN", " ; "),
        ("COHELM_OIDC_HOURS", "0"),
        ("COHELM_OIDC_HOURS", "a day"),
        ("COHELM_OIDC_GROUP", "ops=Operators"),
    ],
)
def test_a_wrong_setting_is_named_in_a_sentence(name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=name) as wrong:
        read(GOOD | {name: value})
    assert "a secret" not in str(wrong.value)


def test_a_file_without_a_secret_is_named(tmp_path: Path) -> None:
    missing = GOOD | {"COHELM_OIDC_CLIENT_SECRET": "", "COHELM_OIDC_CLIENT_SECRET_FILE": "/nowhere"}
    with pytest.raises(WrongSetting, match="CLIENT_SECRET_FILE"):
        read(missing)


def test_http_is_for_this_machine() -> None:
    assert read(GOOD | {"COHELM_OIDC_ISSUER": "http://127.0.0.1:4000"}).provider
    assert read(GOOD | {"COHELM_OIDC_ISSUER": "http://[::1]:4000"}).provider
    assert read(GOOD | {"COHELM_OIDC_ISSUER": "http://localhost"}).provider


def test_nobody_is_locked_out_silently(settings: Settings) -> None:
    settings.PASSWORDS, settings.PROVIDER = False, None
    warnings: list[CheckMessage] = list(somebody_can_sign_in())
    assert [warning.id for warning in warnings] == ["cohelm.W003"]
    assert [line for line in ways_in(None) if "WARNING" in line]
    settings.PROVIDER = read(GOOD).provider
    assert list(somebody_can_sign_in()) == []
    assert "Passwords are off." in list(ways_in(None))
    settings.PASSWORDS, settings.PROVIDER = True, None
    assert list(somebody_can_sign_in()) == []
    assert list(ways_in(None)) == []
