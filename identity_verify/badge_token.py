"""The token of a badge: a signed statement who runs which sites, which anybody can check offline.

``<jwt>~`` is an SD-JWT VC without disclosures, so that wallets and verifiers of others read it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from joserfc.jwk import ECKey

from identity_verify import signed_text
from identity_verify.badge_id import is_badge_id
from identity_verify.errors import BadgeTokenError
from identity_verify.signed_text import PublicKeys
from kernel.identifiers import check_uscc

TYPE = "dc+sd-jwt"
SKEW = timedelta(seconds=60)
"""How far a signer's clock may run ahead of ours."""
MAX_LENGTH = 8_000
MAX_SITES = 50
_END = 253_402_300_800
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS = ("iss", "vct", "sub", "jti", "name")
_TEXTS_OF: Callable[[Any], Any] = itemgetter(*_TEXTS)
_ONLY_TEXTS = {str}
_KNOWN = {*_TEXTS, "iat", "exp", "sites", "status"}


class Claims(NamedTuple):
    """What a token says. Made for every token that is checked, so a tuple: its making costs a quarter.

    Attributes:
        issuer: origin of the issuer. vct: type of the credential.
        badge_id: number of the badge (``jti``). code: 统一社会信用代码 (``sub``).
        sites: in their written form (see ``proven_site``).
        issued_at, expires_at: whole seconds, aware UTC.
        status_idx, status_uri: place in the status list.
        kid: the key that signed; filled in when read.
    """

    issuer: str
    vct: str
    badge_id: str
    code: str
    name: str
    sites: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    status_idx: int
    status_uri: str
    kid: str = ""


def sign(claims: Claims, *, kid: str, key: ECKey) -> str:
    """The token of these claims.

    Spec: RFC 9901 4 (SD-JWT); draft-ietf-oauth-sd-jwt-vc 3.2 (typ, iss, iat, exp, vct, sub, status).
    """
    payload: dict[str, object] = {
        "iss": claims.issuer,
        "iat": int(claims.issued_at.timestamp()),
        "exp": int(claims.expires_at.timestamp()),
        "vct": claims.vct,
        "sub": claims.code,
        "jti": claims.badge_id,
        "name": claims.name,
        "sites": list(claims.sites),
        "status": {"status_list": {"idx": claims.status_idx, "uri": claims.status_uri}},
    }
    return signed_text.sign(payload, kind=TYPE, kid=kid, key=key) + "~"


def read(token: str, keys: PublicKeys, *, issuer: str, vct: str, at: datetime) -> Claims:
    """Check a token offline, all but its status.

    Args:
        token: with its ``~``. keys: the issuer's published keys. issuer, vct: those that are trusted. at: aware UTC.

    Raises:
        BadgeTokenError: reason ``form``, ``disclosures``, ``algorithm``, ``type``, ``key``, ``signature``,
            ``claims``, ``issuer``, ``vct``, ``early`` or ``expired``.
    """
    text = token.strip()
    if len(text) > MAX_LENGTH or not text.endswith("~"):
        raise BadgeTokenError("form", f"expected a token that ends with ~, at most {MAX_LENGTH} characters")
    text = text[:-1]
    if "~" in text:
        raise BadgeTokenError("disclosures", "expected no disclosures, got some")
    kid, payload = signed_text.read(text, keys, kind=TYPE)
    claims = _claims(payload, kid)
    if claims.issuer != issuer:
        raise BadgeTokenError("issuer", f"expected the issuer {issuer}, got {claims.issuer[:80]}")
    if claims.vct != vct:
        raise BadgeTokenError("vct", f"expected the type {vct}, got {claims.vct[:80]}")
    if claims.issued_at > at + SKEW:
        raise BadgeTokenError("early", "expected a token that was issued already, got one from the future")
    if claims.expires_at <= at:
        raise BadgeTokenError("expired", f"expected a token in force, got one that ended {claims.expires_at:%F %T} UTC")
    return claims


def _claims(payload: dict[str, object], kid: str) -> Claims:
    """The claims in their forms; a signed token that we do not understand is refused too."""
    if payload.keys() != _KNOWN:
        missing, extra = sorted(_KNOWN - set(payload)), sorted(set(payload) - _KNOWN)
        raise BadgeTokenError("claims", f"expected the claims of a badge; missing {missing}, not known {extra}")
    texts = issuer, vct, code, badge_id, name = _TEXTS_OF(payload)
    if set(map(type, texts)) != _ONLY_TEXTS or not all(texts):
        raise BadgeTokenError("claims", f"expected a text in each of {', '.join(_TEXTS)}")
    if not check_uscc(code).ok or not is_badge_id(badge_id):
        raise BadgeTokenError("claims", "expected a credit code and a badge number with right check characters")
    sites = payload["sites"]
    if type(sites) is not list or set(map(type, sites)) != _ONLY_TEXTS or len(sites) > MAX_SITES:
        raise BadgeTokenError("claims", f"expected 1 to {MAX_SITES} sites")
    issued, expires, (idx, uri) = _time(payload["iat"]), _time(payload["exp"]), _status(payload["status"])
    return Claims(issuer, vct, badge_id, code, name, tuple(sites), issued, expires, idx, uri, kid)


def _time(value: object) -> datetime:
    """Spec: RFC 7519 2 (NumericDate), whole seconds only."""
    if type(value) is int and 0 <= value < _END:  # true and false are of another type
        return _EPOCH + timedelta(0, value)
    raise BadgeTokenError("claims", "expected whole seconds since 1970 in iat and exp")


def _status(value: object) -> tuple[int, str]:
    """Spec: draft-ietf-oauth-status-list 6.2 (idx, uri)."""
    inner = value.get("status_list") if type(value) is dict else None
    if type(inner) is dict:
        idx, uri = inner.get("idx"), inner.get("uri")
        if type(idx) is int and idx >= 0 and type(uri) is str:
            return idx, uri
    raise BadgeTokenError("claims", "expected a status with idx and uri")
