"""What ends every test of real processes does look, and at what the test wrote."""

from __future__ import annotations

import pytest

from collab.core import commands as c
from tests import agreeing, loops, screens
from tests.cluster import Cluster
from tests.scene import Scene, submitted


def test_a_session_that_was_written_to_is_looked_at_and_no_other(
    cluster: Cluster, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreeing.notice()
    loops.alone(submitted(scene.session, scene["op1"], c.NoteWrite("hello")))
    with monkeypatch.context() as broken:
        broken.setattr(screens, "broken_at", lambda session, record: 1)
        with pytest.raises(AssertionError):
            agreeing.agree()
        agreeing.agree()  # nothing was written since
    loops.alone(submitted(scene.session, scene["op1"], c.NoteWrite("and again")))
