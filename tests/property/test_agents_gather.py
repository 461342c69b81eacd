"""However an agent cuts its text and whenever it is taken, the log gets all of it, in order."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collab.agents.gather import Gatherer, Output

PIECES = st.lists(st.text(max_size=5), max_size=30)
TAKEN = st.sets(st.integers(0, 32))


def text(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": f"TEXT_MESSAGE_{kind}", "messageId": "m", **more}


def joined(outputs: list[Output], *, passing: bool) -> str:
    events = [event for output in outputs if output.passing is passing for event in output.events]
    return "".join(event.get("delta", "") for event in events)


@given(PIECES, TAKEN)
def test_the_finished_message_holds_all_and_the_deltas_are_its_beginning(
    pieces: list[str], taken: set[int]
) -> None:
    gatherer, outputs = Gatherer(), list[Output]()
    stream = [text("START"), *(text("CONTENT", delta=piece) for piece in pieces), text("END")]
    for place, event in enumerate(stream):
        gatherer.add(event, now=float(place))
        if place in taken:
            outputs += gatherer.take()
    outputs += gatherer.take()
    assert joined(outputs, passing=False) == "".join(pieces)
    assert "".join(pieces).startswith(joined(outputs, passing=True))
    assert [output.passing for output in outputs].count(False) == 1
    assert not outputs[-1].passing
