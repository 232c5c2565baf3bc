"""Status lists: one signed file that says of a hundred thousand tokens which no longer count.

Spec: draft-ietf-oauth-status-list 4 (byte array), 5.1 (JWT), 7.1 (values).
"""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from joserfc.jwk import ECKey

from identity_verify import signed_text
from identity_verify.errors import BadgeTokenError
from identity_verify.signed_text import PublicKeys

TYPE = "statuslist+jwt"
MEDIA_TYPE = "application/statuslist+jwt"
BITS = 2
VALID, INVALID, SUSPENDED = 0, 1, 2
TTL_SECONDS = 30
"""How long a reader may keep a list; with what caches on the way add, a revocation is seen within a minute."""
LIFE = timedelta(minutes=10)
"""How long a list can be passed off as new by somebody who holds back a later one."""
MAX_BYTES = 1_000_000
_MASKS = {1: 1, 2: 3, 4: 15, 8: 255}


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list that was read and checked.

    Attributes:
        uri: its address, as tokens name it. array: the bytes, decompressed. bits: of one status.
        issued_at, expires_at: aware UTC. ttl: seconds.
    """

    uri: str
    array: bytes
    bits: int
    issued_at: datetime
    expires_at: datetime
    ttl: int

    def status(self, idx: int) -> int:
        """Status of one token.

        Raises:
            BadgeTokenError: reason ``status``: the list is shorter than that.
        """
        return status_at(self.array, idx, self.bits)


def pack(size: int, statuses: Mapping[int, int], bits: int = BITS) -> bytes:
    """The byte array of ``size`` statuses, lowest bits first; those not named are valid.

    Spec: draft-ietf-oauth-status-list 4.1.
    """
    array = bytearray(-(-size * bits // 8))
    for idx, status in statuses.items():
        array[idx * bits // 8] |= (status & _MASKS[bits]) << (idx * bits % 8)
    return bytes(array)


def status_at(array: bytes, idx: int, bits: int = BITS) -> int:
    """One status of a byte array.

    Raises:
        BadgeTokenError: reason ``status``: there is no such place.
    """
    place = idx * bits // 8
    if not 0 <= place < len(array):
        raise BadgeTokenError("status", f"expected a place in the list, got {idx}")
    return array[place] >> (idx * bits % 8) & _MASKS[bits]


def encode(array: bytes) -> str:
    """``lst``: DEFLATE in the zlib format, base64url without padding."""
    return urlsafe_b64encode(zlib.compress(array, 9)).rstrip(b"=").decode()


def decode(lst: str) -> bytes:
    """The byte array of a ``lst``.

    Raises:
        BadgeTokenError: reason ``form``: not that format, or larger than a list may be.
    """
    unpacker = zlib.decompressobj()
    try:
        array = unpacker.decompress(urlsafe_b64decode(lst + "=" * (-len(lst) % 4)), MAX_BYTES)
    except (Base64Error, ValueError, zlib.error) as error:
        raise BadgeTokenError("form", "expected a compressed list, got something else") from error
    if not unpacker.eof:
        raise BadgeTokenError("form", f"expected a whole list of at most {MAX_BYTES} bytes")
    return array


def sign(array: bytes, *, uri: str, at: datetime, kid: str, key: ECKey) -> str:
    """The signed list. Args: array: as :func:`pack` makes it. at: aware UTC."""
    seconds = int(at.timestamp())
    payload: dict[str, object] = {
        "sub": uri,
        "iat": seconds,
        "exp": seconds + int(LIFE.total_seconds()),
        "ttl": TTL_SECONDS,
        "status_list": {"bits": BITS, "lst": encode(array)},
    }
    return signed_text.sign(payload, kind=TYPE, kid=kid, key=key)


def read(text: str, keys: PublicKeys, *, uri: str, at: datetime) -> StatusList:
    """Check a list and open it.

    Spec: draft-ietf-oauth-status-list 8.3 (sub is the address, exp).

    Args:
        uri: the address that the token names.

    Raises:
        BadgeTokenError: reasons of :func:`signed_text.read`, ``claims``, ``status-uri`` or ``expired``.
    """
    _, payload = signed_text.read(text.strip(), keys, kind=TYPE)
    listed = payload.get("status_list")
    bits, lst = (listed.get("bits"), listed.get("lst")) if isinstance(listed, dict) else (None, None)
    times = [payload.get(name) for name in ("iat", "exp", "ttl")]
    whole = all(isinstance(value, int) and 0 <= value < 253_402_300_800 for value in times)
    if bits not in _MASKS or not isinstance(lst, str) or not whole:
        raise BadgeTokenError("claims", "expected iat, exp, ttl and a status_list with bits and lst")
    if payload.get("sub") != uri:
        raise BadgeTokenError("status-uri", f"expected the list {uri}, got another")
    issued, ends, ttl = (int(str(value)) for value in times)
    if ends <= at.timestamp():
        raise BadgeTokenError("expired", "expected a list in force, got an old one")
    return StatusList(
        uri, decode(lst), int(bits), datetime.fromtimestamp(issued, UTC), datetime.fromtimestamp(ends, UTC), ttl
    )
