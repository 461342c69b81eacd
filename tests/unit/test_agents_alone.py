"""The SDK, the runner and the demo agent run where there is no Django."""

import subprocess
import sys

import pytest

ASK = "import sys, {module}; print([name for name in {names} if name in sys.modules])"


@pytest.mark.parametrize(
    "module", ["collab.agents.client", "collab.agents.runner", "collab.agents.demo.app"]
)
def test_it_imports_nothing_of_the_server(module: str) -> None:
    names = ["django", "channels", "psycopg", "redis", "guardian", "collab.models"]
    argv = [sys.executable, "-c", ASK.format(module=module, names=names)]
    found = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_runner_does_not_import_the_demo_agent() -> None:
    names = ["pydantic_ai", "collab.agents.demo"]
    argv = [sys.executable, "-c", ASK.format(module="collab.agents.runner", names=names)]
    found = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
