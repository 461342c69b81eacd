"""What can go wrong before anything is installed is said in a plain sentence."""

import importlib.util
import types
from pathlib import Path

import pytest

from workspace.places import PROJECT


@pytest.fixture
def manage() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("manage", PROJECT / "manage.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: [Errno 28] No space left on device", "The disk is full"),
        ("error: failed to fetch: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("Failed to establish a new connection: Connection refused", "network connection"),
        ("dns error: failed to lookup address information", "network connection"),
        ("timed out after 900 seconds", "network connection"),
        ("PermissionError: [Errno 13] Permission denied: '.venv'", "as the user who owns"),
        ("something that nobody thought of", "lines above say why"),
    ],
)
def test_what_a_tool_said_becomes_a_sentence(
    manage: types.ModuleType, said: str, sentence: str
) -> None:
    assert sentence in manage.sentence(said)


def test_an_old_python_is_named(manage: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manage.sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; this is Python 3\.9"):
        manage.main()


def test_too_little_room_is_said_before_anything_is_downloaded(
    manage: types.ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(manage, "PYTHON", tmp_path / "none")
    monkeypatch.setitem(manage.NEEDED_MEGABYTES, "up", 10**9)
    with pytest.raises(manage.CannotSetUp, match="MB are needed"):
        manage.look_at_machine("up")


def test_a_python_that_cannot_make_environments_is_mended_by_one_command(
    manage: types.ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(manage, "VENV", tmp_path / "venv")
    monkeypatch.setattr(manage, "PYTHON", tmp_path / "venv" / "bin" / "python")
    monkeypatch.setattr(manage.shutil, "which", lambda _: None)
    monkeypatch.setattr(manage.importlib.util, "find_spec", lambda _: None)
    monkeypatch.delenv("UV", raising=False)
    with pytest.raises(manage.CannotSetUp, match="apt install python3-venv"):
        manage.find_uv()


def test_each_command_names_the_groups_it_needs(
    manage: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manage, "needs_node", lambda *_: False)
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    assert manage.needed_groups(["up"]) == {"demo", "embedded"}
    assert manage.needed_groups(["up", "--no-agent"]) == {"embedded"}
    assert manage.needed_groups(["test"]) == {"demo", "embedded", "dev"}
    assert manage.needed_groups(["bench"]) == {"embedded"}
    assert manage.needed_groups(["migrate"]) == set()
    monkeypatch.setenv("DATABASE_URL", "postgresql://db")
    monkeypatch.setenv("REDIS_URL", "redis://redis")
    assert manage.needed_groups(["up"]) == {"demo"}
