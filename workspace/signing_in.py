"""Reads how people sign in: by password, through a provider, or both. Knows no Django."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from permissions.provider import EVERYBODY, ProviderSettings, Rules
from workspace.environment import WrongSetting

_OURS = "COHELM_OIDC_"
_KNOWN = frozenset(
    f"{_OURS}{name}"
    for name in (
        "ISSUER",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "CLIENT_SECRET_FILE",
        "NAME",
        "SCOPES",
        "USERNAME_CLAIM",
        "GROUPS_CLAIM",
        "GROUPS",
        "LET_IN",
        "HOURS",
    )
)
# What allauth's table keeps of an issuer.
_LONGEST_ISSUER = 200
_HERE = ("localhost", "127.0.0.1", "::1")
_LONGEST_NAME = 60
_LONGEST_HOURS = 24 * 14


@dataclass(frozen=True, slots=True)
class SigningIn:
    """Hold the ways to sign in."""

    passwords: bool
    provider: ProviderSettings | None


def read(environ: Mapping[str, str]) -> SigningIn:
    """Read the ways to sign in; raises WrongSetting."""
    passwords = environ.get("COHELM_PASSWORDS") or "on"
    if passwords not in ("on", "off"):
        raise WrongSetting("COHELM_PASSWORDS must be on or off.")
    return SigningIn(passwords == "on", _provider(environ))


def _provider(environ: Mapping[str, str]) -> ProviderSettings | None:
    given = {name: value.strip() for name, value in environ.items() if name.startswith(_OURS)}
    if unknown := sorted(set(given) - _KNOWN):
        known = ", ".join(sorted(_KNOWN))
        raise WrongSetting(f"There is no setting {unknown[0]}. There are: {known}.")
    said = {name.removeprefix(_OURS): value for name, value in given.items() if value}
    if not said:
        return None
    for name in ("ISSUER", "CLIENT_ID"):
        if name not in said:
            raise WrongSetting(f"{_OURS}{name} is missing: the provider cannot be used without.")
    issuer = _issuer(said["ISSUER"])
    return ProviderSettings(
        issuer=issuer,
        name=_name(said.get("NAME") or urlsplit(issuer).hostname or ""),
        client_id=said["CLIENT_ID"],
        secret=_secret(said),
        scopes=_scopes(said.get("SCOPES", "openid profile")),
        rules=_rules(said),
        hours=_hours(said.get("HOURS", "12")),
    )


def _issuer(address: str) -> str:
    if not _is_address(address):
        raise WrongSetting(
            f"{_OURS}ISSUER must be the provider's address, beginning with https:// "
            "(http:// only on this machine), such as https://login.example.org/realms/ours."
        )
    if len(address) > _LONGEST_ISSUER:
        raise WrongSetting(f"{_OURS}ISSUER is longer than {_LONGEST_ISSUER} characters.")
    return address


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    here = parts.scheme == "http" and parts.hostname in _HERE
    whole = parts.hostname and not (parts.query or parts.fragment or "@" in parts.netloc)
    return bool(whole) and (here or parts.scheme == "https")


def _name(text: str) -> str:
    if len(text) > _LONGEST_NAME or not text.isprintable():
        raise WrongSetting(f"{_OURS}NAME must be one line of at most {_LONGEST_NAME} letters.")
    return text


def _secret(said: Mapping[str, str]) -> str:
    if "CLIENT_SECRET" in said and "CLIENT_SECRET_FILE" in said:
        raise WrongSetting(f"Give {_OURS}CLIENT_SECRET or {_OURS}CLIENT_SECRET_FILE, not both.")
    if "CLIENT_SECRET" in said:
        return said["CLIENT_SECRET"]
    if "CLIENT_SECRET_FILE" not in said:
        raise WrongSetting(
            f"{_OURS}CLIENT_SECRET is missing (or {_OURS}CLIENT_SECRET_FILE, which names a file)."
        )
    try:
        secret = Path(said["CLIENT_SECRET_FILE"]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        secret = ""
    if not secret:
        raise WrongSetting(f"The file that {_OURS}CLIENT_SECRET_FILE names cannot be read.")
    return secret


def _scopes(text: str) -> tuple[str, ...]:
    scopes = tuple(text.split())
    if "openid" not in scopes:
        raise WrongSetting(f"{_OURS}SCOPES must have openid among them, such as: openid profile.")
    return scopes


def _rules(said: Mapping[str, str]) -> Rules:
    groups = tuple(_pair(part) for part in _parts(said.get("GROUPS", "")))
    let_in = frozenset(_parts(said.get("LET_IN", ""))) or {theirs for theirs, _ in groups}
    if not let_in:
        raise WrongSetting(
            f"Say whom the provider lets in: name its groups in {_OURS}GROUPS or {_OURS}LET_IN, "
            f"or write {EVERYBODY} in {_OURS}LET_IN for everybody whom it knows."
        )
    return Rules(
        username_claim=said.get("USERNAME_CLAIM", "preferred_username"),
        groups_claim=said.get("GROUPS_CLAIM", "groups"),
        groups=groups,
        let_in=frozenset(let_in),
    )


def _pair(part: str) -> tuple[str, str]:
    # The last "=" divides, because a group of the provider may be cn=night,ou=groups.
    theirs, _, ours = (word.strip() for word in part.rpartition("="))
    if not theirs or not ours or len(ours) > 150:
        raise WrongSetting(
            f"{_OURS}GROUPS must pair groups, such as: ops=Operators; staff=Observers. "
            f"This part does not: {part[:100]}"
        )
    return theirs, ours


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]


def _hours(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LONGEST_HOURS:
        raise WrongSetting(f"{_OURS}HOURS must be a whole number from 1 to {_LONGEST_HOURS}.")
    return int(text)
