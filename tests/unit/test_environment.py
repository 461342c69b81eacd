"""Settings are read once, and a wrong one is a sentence."""

from pathlib import Path

import pytest

from workspace.environment import WrongSetting, read


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"COHELM_DATA": str(tmp_path)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://somewhere"),
        ("REDIS_URL", "http://somewhere"),
        ("COHELM_PUBLIC_URL", "cohelm.example.org"),
        ("COHELM_PUBLIC_URL", "https://example.org/cohelm"),
        ("COHELM_ALLOWED_HOSTS", "*"),
        ("COHELM_SECRET_KEY", "short"),
        ("COHELM_TRUSTED_PROXIES", "*"),
        ("COHELM_TRUSTED_PROXIES", "10.0.0.0/8, 0.0.0.0/0"),
        ("COHELM_TRUSTED_PROXIES", "nginx"),
        ("COHELM_CONNECTIONS_PER_PERSON", "many"),
        ("COHELM_CONNECTIONS_PER_ADDRESS", "-1"),
        ("COHELM_COMMANDS_A_SECOND", "0.5"),
        ("COHELM_SESSIONS_AN_HOUR", "-5"),
        ("COHELM_FAILPOINT", "after-dispatched"),
    ],
)
def test_a_wrong_setting_is_named_in_a_sentence(
    environ: dict[str, str], name: str, value: str
) -> None:
    with pytest.raises(WrongSetting, match=name):
        read(environ | {name: value})


def test_without_servers_named_the_embedded_ones_are_meant(environ: dict[str, str]) -> None:
    found = read(environ)
    assert "user=cohelm_owner" in found.owner_dsn
    assert "user=cohelm_app" in found.app_dsn


def test_one_role_from_outside_does_everything(environ: dict[str, str]) -> None:
    found = read(environ | {"DATABASE_URL": "postgresql://me@db/cohelm"})
    assert found.app_dsn == found.owner_dsn == "postgresql://me@db/cohelm"


def test_keys_differ_by_purpose_and_stay_the_same(environ: dict[str, str]) -> None:
    secret = {"COHELM_SECRET_KEY": "s" * 40}
    assert read(environ | secret).key("django") == read(environ | secret).key("django")
    assert read(environ | secret).key("django") != read(environ | secret).key("layer")


def test_the_public_address_is_an_allowed_host(environ: dict[str, str]) -> None:
    found = read(environ | {"COHELM_PUBLIC_URL": "https://cohelm.example.org/"})
    assert found.https
    assert "cohelm.example.org" in found.allowed_hosts


def test_proxies_are_trusted_by_name_only(environ: dict[str, str]) -> None:
    assert read(environ).proxies == ()
    found = read(environ | {"COHELM_TRUSTED_PROXIES": "127.0.0.1, 10.1.2.0/24,::1"})
    assert found.proxies == ("127.0.0.1", "10.1.2.0/24", "::1")


@pytest.mark.parametrize("url", ["", "https://localhost:8443", "http://127.0.0.1", "http://[::1]"])
def test_an_address_of_this_machine_alone_is_local(environ: dict[str, str], url: str) -> None:
    assert read(environ | {"COHELM_PUBLIC_URL": url}).is_local
    assert not read(environ | {"COHELM_PUBLIC_URL": "http://cohelm.example.org"}).is_local
