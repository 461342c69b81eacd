"""A fresh folder that cannot be set up ends soon, with a sentence and without a traceback."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workspace.places import PROJECT

NEEDED = ("manage.py", "pyproject.toml", "uv.lock")
NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """Give what a clone has, without anything installed."""
    for name in NEEDED:
        shutil.copy(PROJECT / name, tmp_path)
    shutil.copytree(PROJECT / "workspace", tmp_path / "workspace")
    return tmp_path


def python_of_the_system() -> str:
    """Give a Python that knows nothing of our dependencies."""
    return str(Path(sys.base_prefix) / "bin" / "python3")


def set_up(fresh: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {"HOME": str(fresh), "PATH": os.defpath, **environ}
    return subprocess.run(
        [python_of_the_system(), "manage.py", "up"],
        cwd=fresh,
        env=clean,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_no_network_is_said_in_a_sentence_and_can_be_tried_again(fresh: Path) -> None:
    for _ in range(2):
        done = set_up(
            fresh,
            HTTPS_PROXY=NOBODY_LISTENS,
            HTTP_PROXY=NOBODY_LISTENS,
            PIP_INDEX_URL=f"{NOBODY_LISTENS}/simple",
            PIP_CONFIG_FILE=os.devnull,
        )
        assert done.returncode == 1
        assert "could not be downloaded" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_broken_environment_is_made_anew(fresh: Path) -> None:
    broken = fresh / ".venv" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.symlink_to("/nowhere/python3")
    done = set_up(fresh, PIP_INDEX_URL=f"{NOBODY_LISTENS}/simple", PIP_CONFIG_FILE=os.devnull)
    assert "could not be downloaded" in done.stderr
    assert broken.exists()
