"""Makes accounts for people who sign up. What they may do is for grants to say."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from permissions.models import User


class CannotSignUp(Exception):
    """Stop signing somebody up, with a sentence for them."""


class WrongUsername(CannotSignUp):
    """The username holds what it may not."""


class WeakPassword(CannotSignUp):
    """The password is too easy to guess."""


class UsernameTaken(CannotSignUp):
    """Somebody else has this username."""


def sign_up(username: str, name: str, password: str, *, administers: bool = False) -> User:
    """Make a person with a password; raises CannotSignUp."""
    user = User(username=username, name=name, is_staff=administers, is_superuser=administers)
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as problem:
        raise WrongUsername(" ".join(problem.messages)) from None
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise WeakPassword(" ".join(problem.messages)) from None
    user.set_password(password)
    try:
        user.save(force_insert=True)
    except IntegrityError:
        raise UsernameTaken("That username is taken. Choose another.") from None
    return user
