"""The token of a badge: a signed statement who runs which sites, which anybody can check offline.

``<jwt>~`` is an SD-JWT VC without disclosures, so that wallets and verifiers of others read it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
_moment = datetime.fromtimestamp
_KNOWN = {"iss", "iat", "exp", "vct", "sub", "jti", "name", "sites", "status"}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says.

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
    idx, uri = _status(payload["status"])
    sites = payload["sites"]
    if type(sites) is not list or not 0 < len(sites) <= MAX_SITES or any(type(site) is not str for site in sites):
        raise BadgeTokenError("claims", f"expected 1 to {MAX_SITES} sites")
    code, badge_id = _text(payload, "sub"), _text(payload, "jti")
    if not check_uscc(code).ok or not is_badge_id(badge_id):
        raise BadgeTokenError("claims", "expected a credit code and a badge number with right check characters")
    issuer, vct, name = _text(payload, "iss"), _text(payload, "vct"), _text(payload, "name")
    issued, expires = _time(payload, "iat"), _time(payload, "exp")
    return Claims(issuer, vct, badge_id, code, name, tuple(sites), issued, expires, idx, uri, kid)


def _text(payload: dict[str, object], name: str) -> str:
    value = payload[name]
    if type(value) is str and value:
        return value
    raise BadgeTokenError("claims", f"expected a text in {name}")


def _time(payload: dict[str, object], name: str) -> datetime:
    """Spec: RFC 7519 2 (NumericDate), whole seconds only."""
    value = payload[name]
    if type(value) is int and 0 <= value < _END:  # true and false are of another type
        return _moment(value, UTC)
    raise BadgeTokenError("claims", f"expected whole seconds since 1970 in {name}")


def _status(value: object) -> tuple[int, str]:
    """Spec: draft-ietf-oauth-status-list 6.2 (idx, uri)."""
    inner = value.get("status_list") if isinstance(value, dict) else None
    idx, uri = (inner.get("idx"), inner.get("uri")) if isinstance(inner, dict) else (None, None)
    if isinstance(idx, bool) or not isinstance(idx, int) or idx < 0 or not isinstance(uri, str):
        raise BadgeTokenError("claims", "expected a status with idx and uri")
    return idx, uri
