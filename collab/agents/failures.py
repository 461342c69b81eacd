"""How an agent may fail its run: a word for the log and a sentence for people. Pure."""

from __future__ import annotations

from typing import Any

AgUi = dict[str, Any]
"""One event or message in AG-UI's form."""


class AgentFailure(Exception):
    """Why an agent's run ended: a word for the log, a sentence for people.

    `acted` is False only where the agent surely did nothing with what it was sent.
    """

    def __init__(self, reason: str, sentence: str, *, acted: bool = True) -> None:
        super().__init__(sentence)
        self.reason, self.sentence, self.acted = reason, sentence, acted


def nonsense(what: str) -> AgentFailure:
    """Name a stream that breaks the rules of AG-UI."""
    return AgentFailure("nonsense", f"The agent sent something that makes no sense: {what}.")


def too_much(what: str) -> AgentFailure:
    """Name a stream that is larger than we take."""
    return AgentFailure("too_much", f"The agent sent too much: {what}.")
