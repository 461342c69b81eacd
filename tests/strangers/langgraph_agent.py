"""A LangGraph agent in an environment of its own, made on first use and kept beside .venv."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.agent_processes import AgentProcess, started, with_a_folder
from tests.needs import lacks
from workspace.machine import certificates
from workspace.places import PROJECT

HERE = PROJECT / "tests" / "strangers" / "langgraph"
ENVIRONMENT = PROJECT / ".venv-strangers" / "langgraph"
INSTALL_SECONDS = 300


def install() -> None:
    """Make the environment hold what is locked; nearly free when it does."""
    uv = shutil.which("uv", path=f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        lacks("There is no uv to make another environment with: run `python3 manage.py test`.")
    environ = {
        "UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        **({"UV_SYSTEM_CERTS": "1"} if certificates() else {}),
    }
    argv = [uv, "sync", "--frozen", "--quiet", "--project", str(HERE)]
    ours = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    done = subprocess.run(
        argv, env=ours | environ, capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
    if done.returncode:
        lacks(f"LangGraph could not be installed: {done.stderr.strip()[-500:]}")


@contextmanager
def langgraph_agent(place: Path) -> Iterator[AgentProcess]:
    """Start the agent on a fresh folder below `place`; `quiet` behind its URL streams nothing."""
    install()
    program = (str(ENVIRONMENT / "bin" / "python"), str(HERE / "agent.py"), *with_a_folder(place))
    with started(place, program) as agent:
        yield agent


def validated(recording: Path) -> subprocess.CompletedProcess[str]:
    """Have AG-UI's checker read what an agent streamed."""
    argv = [str(ENVIRONMENT / "bin" / "ag-ui-validate"), "--no-color", str(recording)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60)
