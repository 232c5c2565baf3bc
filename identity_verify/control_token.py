"""The secret a merchant puts on their site, and the text it has in a DNS record.

Spec: draft-ietf-dnsop-domain-verification-techniques-13 (TXT of key=value pairs, token first, expiry, 128 random bits).
"""

import base64
import re
import secrets
from dataclasses import dataclass
from datetime import date

LABEL = "_scjg-challenge"
WELL_KNOWN = "/.well-known/scjg-challenge/"
META_NAME = "scjg-challenge"
BYTES = 16
LIFE_DAYS = 365
"""A token has to stay where it is, since control is looked at again each day; renewed with the badge."""
TOKEN = re.compile(r"[a-z2-7]{26}")
_KEY = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class TokenText:
    """A record that was understood. ``expires_on`` is None where the record names no day."""

    token: str
    expires_on: date | None


def new_token() -> str:
    """128 random bits as 26 base32 characters, lower case. Spec: RFC 4648 section 6, without padding."""
    return base64.b32encode(secrets.token_bytes(BYTES)).decode("ascii").rstrip("=").lower()


def record_text(token: str, expires_on: date) -> str:
    """The value of the TXT record."""
    return f"token={token} expiry={expires_on.isoformat()}"


def read_record(text: str) -> TokenText | None:
    """A TXT value in that form, or None: token first, ASCII, each key once, unknown keys allowed.

    Args:
        text: the strings of one TXT record, joined.
    """
    if not text.isascii():
        return None
    values: dict[str, str] = {}
    for pair in text.split():
        key, equals, value = pair.partition("=")
        if not equals or not _KEY.fullmatch(key) or key in values:
            return None
        values[key] = value
    if next(iter(values), "") != "token" or not TOKEN.fullmatch(values["token"].lower()):
        return None
    day = values.get("expiry")
    if day is None:
        return TokenText(values["token"].lower(), None)
    try:
        return TokenText(values["token"].lower(), date.fromisoformat(day))
    except ValueError:
        return None


def record_name(host: str) -> str:
    """Where the TXT or CNAME record has to stand."""
    return f"{LABEL}.{host}"
