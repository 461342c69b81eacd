"""Every refusal and close: one name, one sentence, and whether to try again."""

from __future__ import annotations

import re

import pytest

from collab.core.codes import Close, Refusal, Refused

CODE = re.compile(r"[a-z]+(_[a-z]+)*")


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_has_a_name_a_sentence_and_an_answer_to_try_again(refusal: Refusal) -> None:
    assert CODE.fullmatch(refusal.code)
    assert refusal.name == refusal.code.upper()
    assert refusal.sentence.endswith(".")
    assert isinstance(refusal.retry, bool)


@pytest.mark.parametrize("close", Close)
def test_a_close_has_a_number_a_name_and_a_sentence(close: Close) -> None:
    assert CODE.fullmatch(close.code)
    assert 4000 <= close.number <= 4999
    assert close.sentence.endswith(".")
    assert close.retry == (close.number < 4500)


def test_no_two_refusals_or_closes_share_a_name_or_a_number() -> None:
    assert len({refusal.code for refusal in Refusal}) == len(Refusal)
    assert len({close.number for close in Close}) == len(Close) == len({c.code for c in Close})


def test_a_close_reason_fits_into_a_close_frame() -> None:
    assert all(len(close.code.encode()) <= 123 for close in Close)


def test_a_session_that_does_not_exist_and_one_that_is_not_yours_are_answered_alike() -> None:
    assert Refusal.NOT_FOUND.sentence == Close.NOT_FOUND.sentence


def test_a_refusal_may_have_words_of_its_own() -> None:
    assert Refused(Refusal.CLOSED).words == Refusal.CLOSED.sentence
    assert Refused(Refusal.CLOSED, sentence="Closed on Friday.").words == "Closed on Friday."


def test_who_is_told_to_try_again_can_hope() -> None:
    hopeful = {refusal.code for refusal in Refusal if refusal.retry}
    assert hopeful == {
        "not_open",
        "run_busy",
        "queue_full",
        "claimed",
        "not_decided",
        "slow_down",
        "busy",
        "unavailable",
        "fault",
    }
