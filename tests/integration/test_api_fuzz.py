"""Requests made from the OpenAPI document, right and wrong: no 5xx, and answers as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.figures import figure
from tests.scene import Scene, make_scene

pytestmark = pytest.mark.usefixtures("database")

SEED = "20261121"
CASES_OF_AN_OPERATION = "10"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
# Signing in slows down who guesses, and trying an agent calls whatever address was made up.
LEFT_OUT = "/(login|logout|signup|agents/test)"


def known_ids(scene: Scene) -> str:
    """Say which ids lead somewhere: made-up ones would all be answered by 404."""
    ids = {
        "session": scene.session,
        "workspace": scene.workspace,
        "user": scene["op2"].user,
        "agent": scene.agent_id,
    }
    lines = [f'{name} = "{key}"' for name, key in ids.items()]
    return "\n".join(["[parameters]", *lines, ""])


def test_requests_made_from_the_document_are_answered_as_it_says(
    cluster: Cluster, tmp_path: Path
) -> None:
    scene = make_scene()
    config = tmp_path / "schemathesis.toml"
    config.write_text(known_ids(scene))
    document = f"{cluster[0].url}/api/v1/openapi.json"
    run = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config)),
            *("run", document, "--header", f"Authorization: Bearer {scene['owner'].token}"),
            *("--exclude-path-regex", LEFT_OUT, "--checks", ",".join(CHECKS)),
            *("--phases", "coverage,fuzzing", "--continue-on-failure"),
            *("--max-examples", CASES_OF_AN_OPERATION, "--seed", SEED),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    made = re.search(r"(\d+) generated", run.stdout)
    assert made and int(made[1]) > 500, run.stdout
    assert '"level": "error", "logger": "collab' not in cluster[0].log.read_text()
    figure("requests made from the OpenAPI document, all answered as it says", made[1])
