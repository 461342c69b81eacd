"""What docs/howto/http.md shows in a shell is played in a shell."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.scene import make_scene
from workspace.places import PROJECT

pytestmark = pytest.mark.usefixtures("database")


def shown() -> str:
    """Give the lines that one would type, with the end of a line after each answer."""
    page = (PROJECT / "docs" / "howto" / "http.md").read_text()
    typed = "".join(re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    return typed.replace('"$at/$1"', '"$at/$1"; echo')


@pytest.mark.skipif(shutil.which("curl") is None, reason="this machine has no curl")
def test_the_shell_lines_of_the_page_do_what_it_says(cluster: Cluster, tmp_path: Path) -> None:
    scene = make_scene()
    ready = {
        "url": cluster[0].url,
        "session_id": str(scene.session),
        "tokens": {"operator": scene["op1"].token},
    }
    (tmp_path / ".cohelm").mkdir()
    (tmp_path / ".cohelm" / "ready.json").write_text(json.dumps(ready))
    run = subprocess.run(
        ["bash", "-eu", "-c", shown()],
        cwd=tmp_path,
        env={"PATH": f"{Path(shutil.which('python3') or '').parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    answers = list(map(json.loads, run.stdout.splitlines()))
    me, reply, newest, start, now, then, cards, card, people, refused = answers
    assert (me["name"], reply["replayed"]) == ("op1", False)
    assert newest["events"][-1]["body"]["text"] == "tidy the logs folder"
    assert start["events"][0]["type"] == "session.opened"
    assert (now["seq"], then["seq"]) == (reply["seq"], 5)
    (listed,) = [one for one in cards["sessions"] if one["id"] == card["id"]]
    assert listed["standing"] == card["standing"]
    assert (card["id"], card["standing"]["queued"]) == (str(scene.session), 1)
    assert "op2" in {person["name"] for person in people["participants"]}
    # The page leaves it to the reader whom to give a role.
    assert refused["code"] == "invalid"
