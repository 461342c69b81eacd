"""Every refusal and every close, each declared once; all else is generated."""

from __future__ import annotations

from enum import Enum
from typing import Any, Self

import msgspec


class Reason(Enum):
    """A named reason: a code for programs, a sentence for people, and whether to try again."""

    code: str
    sentence: str
    retry: bool

    def __new__(cls, code: str, sentence: str, retry: bool = False) -> Self:
        member = object.__new__(cls)
        member._value_ = code
        member.code, member.sentence, member.retry = code, sentence, retry
        return member


class Refusal(Reason):
    """The named reason why a frame or a command was not followed."""

    MALFORMED = "malformed", "The frame could not be read.", False
    TOO_LARGE = "too_large", "That is too large to be accepted.", False
    TOO_DEEP = "too_deep", "That is nested too deeply.", False
    INVALID_TEXT = "invalid_text", "The text holds characters that cannot be stored.", False
    INVALID_NUMBER = "invalid_number", "A number is out of range.", False
    INVALID = "invalid", "A field has the wrong form.", False
    UNKNOWN_FIELD = "unknown_field", "A field is not known here.", False
    UNKNOWN_FRAME = "unknown_frame", "This kind of frame is not known.", False
    UNKNOWN_COMMAND = "unknown_command", "This command is not known.", False
    NOT_JOINED = "not_joined", "Join the session first.", False
    ALREADY_JOINED = "already_joined", "This connection has joined already.", False
    FORBIDDEN = "forbidden", "Your role in this session does not allow that.", False
    WRONG_KIND = (
        "wrong_kind",
        "That command belongs to the other kind of participant: a person or an agent.",
        False,
    )
    WRONG_PLACE = "wrong_place", "That command belongs to a workspace, or to a session.", False
    NOT_FOUND = "not_found", "There is no such session, or it is not yours to see.", False
    NOT_OPEN = "not_open", "This session has not been opened yet.", True
    ALREADY_OPEN = "already_open", "This session is open already.", False
    CLOSED = "closed", "This session is closed; it can be read but not driven.", False
    NO_AGENT = "no_agent", "No agent sits behind this session.", False
    NO_RUN = "no_run", "The agent is not working on anything.", False
    RUN_BUSY = "run_busy", "A run is under way already.", True
    RUN_OVER = "run_over", "That run has ended.", False
    NO_PROMPT = "no_prompt", "That prompt is not in the queue any more.", False
    NOT_YOURS = "not_yours", "Only its author or a moderator may do that.", False
    QUEUE_FULL = "queue_full", "The queue is full; wait until the agent has taken a prompt.", True
    STALE_CLAIM = "stale_claim", "Another runner serves this session now.", False
    CLAIMED = "claimed", "Another runner serves this session and is alive.", True
    NO_APPROVAL = "no_approval", "There is no such approval request here.", False
    ALREADY_DECIDED = "already_decided", "Somebody decided this first.", False
    NOT_DECIDED = "not_decided", "Not every request of this group is decided yet.", True
    NOT_UNKNOWN = "not_unknown", "The outcome of this approval is not in question.", False
    CHANGED = "changed", "The request is not the one that you were shown; look again.", False
    NOT_OFFERED = "not_offered", "This answer is not offered for this request.", False
    EXPIRED = "expired", "The time for an answer has passed.", False
    NO_PERSON = "no_person", "There is no such person or agent here.", False
    NO_GRANT = "no_grant", "There is no such grant.", False
    ALREADY_GRANTED = "already_granted", "That role is held already.", False
    ABOVE_YOU = (
        "above_you",
        "That role may do what you may not. Ask somebody who may do all of it.",
        False,
    )
    LAST_OWNER = (
        "last_owner",
        "Somebody must own this workspace. Make somebody else its owner first.",
        False,
    )
    NO_INVITATION = (
        "no_invitation",
        "This invitation does not work any more: it was used or withdrawn, or its time has passed.",
        False,
    )
    TOO_MANY_INVITATIONS = (
        "too_many_invitations",
        "Too many invitations are open; withdraw some first.",
        False,
    )
    NOTHING_TO_DO = "nothing_to_do", "Nothing would change.", False
    COMMAND_ID_TAKEN = (
        "command_id_taken",
        "This command id was used for a different command.",
        False,
    )
    SLOW_DOWN = "slow_down", "Too much at once; wait a moment and send it again.", True
    BUSY = "busy", "The session is held up; try again in a moment.", True
    UNAVAILABLE = "unavailable", "The log cannot be reached; try again in a moment.", True
    FAULT = "fault", "Something went wrong on our side; it has been written down.", True


class Close(Enum):
    """A numbered end of a socket: 4000-4499 come back, 4500-4999 stay away."""

    number: int
    code: str
    sentence: str

    def __new__(cls, number: int, code: str, sentence: str) -> Close:
        member = object.__new__(cls)
        member._value_ = number
        member.number, member.code, member.sentence = number, code, sentence
        return member

    @property
    def retry(self) -> bool:
        """Say whether coming back can help."""
        return self.number < 4500

    RESTARTING = 4000, "restarting", "The server restarts and is back in a moment."
    UNAVAILABLE = 4001, "unavailable", "The log cannot be reached at the moment."
    TOO_SLOW = 4002, "too_slow", "This connection took its answers too slowly."
    CUT = 4003, "cut", "A moderator closed this connection; you may come back."
    NO_JOIN = 4408, "no_join", "Nothing was joined in time."
    TOO_MUCH = (
        4429,
        "too_much",
        "Too many connections or commands came from you at once; come back in a moment.",
    )
    MALFORMED = 4500, "malformed", "Three frames could not be read."
    NOT_SIGNED_IN = 4501, "not_signed_in", "Sign in first."
    NO_ACCESS = 4503, "no_access", "You no longer have access to this session."
    NOT_FOUND = 4504, "not_found", "There is no such session, or it is not yours to see."
    SENT_AWAY = 4505, "sent_away", "A moderator closed your connections to this session."
    UPGRADE = 4526, "upgrade", "This server speaks another version of the protocol."


class Refused(msgspec.Struct, frozen=True):
    """A refusal with what it refers to; `details` holds wire values only."""

    refusal: Refusal
    details: dict[str, Any] = {}
    sentence: str | None = None

    @property
    def words(self) -> str:
        """Give the sentence to show."""
        return self.sentence or self.refusal.sentence
