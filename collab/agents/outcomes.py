"""What became of the calls that a resume answered, as far as the agent's events tell.

Pure. What no event tells is not guessed: it is `unknown`.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import msgspec

from collab.agents.failures import AgUi
from collab.core.events import ApprovalDecided, ApprovalRequest, Outcome

APPROVED = ("approve", "approve_edited")
SILENT = "The agent's run ended without saying what became of this."


class Settlement(NamedTuple):
    """An outcome to be put into the log."""

    approval_id: UUID
    outcome: Outcome
    reason: str = ""


class Answered(NamedTuple):
    """A request and the decision that the agent was told."""

    request: ApprovalRequest
    decided: ApprovalDecided


class Outcomes:
    """Follows one run for the results of a group of answered requests."""

    def __init__(self, group: list[Answered]) -> None:
        self._open = {entry.request.approval_id: entry for entry in group}
        self._last: tuple[UUID, str] | None = None

    def take(self, event: AgUi) -> list[Settlement]:
        """Take the next event and give what is settled by it.

        A result is settled by the event after it, which may say that the call failed.
        """
        settled = []
        if self._last is not None:
            key, message_id = self._last
            settled = [self._settle(key, failed=_says_failed(event, message_id))]
            self._last = None
        if event["type"] == "TOOL_CALL_RESULT":
            self._last = self._resulted(event)
        return settled

    def finished(self) -> list[Settlement]:
        """Settle the rest after a run that ended well."""
        return [self._settle(key, failed=None) for key in list(self._open)]

    def not_sent(self, sentence: str) -> list[Settlement]:
        """Settle all after an agent that was not reached, or refused to begin."""
        return [
            Settlement(
                key, "failed" if entry.decided.decision in APPROVED else "cancelled", sentence
            )
            for key, entry in self._open.items()
        ]

    def _resulted(self, event: AgUi) -> tuple[UUID, str] | None:
        call_id = event.get("toolCallId")
        for key, entry in self._open.items():
            if entry.request.agent_ref.tool_call_id == call_id:
                return key, str(event.get("messageId"))
        return None

    def _settle(self, key: UUID, *, failed: bool | None) -> Settlement:
        decision = self._open.pop(key).decided.decision
        if decision in ("reject", "cancel"):
            return Settlement(key, "cancelled")
        if decision == "respond":
            return Settlement(key, "executed")
        if failed is None:
            return Settlement(key, "unknown", SILENT)
        return Settlement(key, "failed" if failed else "executed")


def _says_failed(event: AgUi, message_id: str) -> bool:
    """Read the mark that Pydantic AI puts behind the result of a call that failed."""
    if event["type"] != "REASONING_ENCRYPTED_VALUE" or event.get("entityId") != message_id:
        return False
    try:
        mark = msgspec.json.decode(str(event.get("encryptedValue")))
        return mark["pydantic_ai"]["outcome"] in ("failed", "retried")
    except (msgspec.DecodeError, KeyError, TypeError):
        return False
