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
