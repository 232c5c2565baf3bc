"""Good and bad tokens, each with the reason why a reader must refuse it (empty: it must accept)."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

from identity_verify import badge_token, signed_text, status_list
from identity_verify.badge_id import new_badge_id
from identity_verify.badge_issuer import Issuer
from identity_verify.badge_token import Claims
from tests.data.badges.issuing import AT, ORIGIN, synthetic_code

ISSUER = Issuer(ORIGIN)


@dataclass(frozen=True, slots=True)
class Sample:
    """One token. ``reason`` is the word of ``BadgeTokenError``; empty where the token is good."""

    name: str
    token: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Samples with what a reader is given: the key set, a signed status list, and the time.

    Attributes:
        revoked, suspended: places of the list that do not count.
    """

    key_set: dict[str, object]
    samples: tuple[Sample, ...]
    status_list: str
    revoked: int
    suspended: int
    at: datetime = AT + timedelta(hours=1)


def b64(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Its reverse."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(**changes: object) -> Claims:
    """Claims of a good token, some changed."""
    place, uri = ISSUER.place_of(5)
    good = Claims(
        issuer=ORIGIN, vct=ISSUER.vct, badge_id=new_badge_id(), code=synthetic_code(7), name="上海样例七号(测试)公司",
        sites=("shop7.example.test", "*.seven.example.test"), issued_at=AT, expires_at=AT + timedelta(days=30),
        status_idx=place, status_uri=uri,
    )  # fmt: skip
    return good._replace(**changes)  # type: ignore[arg-type]


def _published(*keys: ECKey) -> dict[str, object]:
    wanted = ("kty", "crv", "x", "y")
    listed = []
    for key in keys:
        public = key.as_dict(private=False)
        listed.append(
            {**{name: public[name] for name in wanted}, "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}
        )
    return {"keys": listed}


def build() -> Corpus:
    """The whole corpus with fresh keys."""
    signing, retired, gone, stranger = (ECKey.generate_key("P-256") for _ in range(4))
    statuses = {11: status_list.INVALID, 12: status_list.SUSPENDED}
    listed = status_list.sign(
        status_list.pack(1_000, statuses), uri=ISSUER.status_uri(0), at=AT, kid=signing.thumbprint(), key=signing
    )
    samples = (*_good(signing, retired), *_bad_keys(signing, gone, stranger), *_bad_claims(signing), *_bent(signing))
    return Corpus(_published(signing, retired), samples, listed, revoked=11, suspended=12)


def _sign(key: ECKey, **changes: object) -> str:
    return badge_token.sign(claims(**changes), kid=key.thumbprint(), key=key)


def _good(signing: ECKey, retired: ECKey) -> Iterator[Sample]:
    yield Sample("good", _sign(signing))
    yield Sample("of a retired key that is still published", _sign(retired))
    yield Sample("one site", _sign(signing, sites=("a.example.test",)))
    yield Sample(
        "issued half a minute ahead of our clock", _sign(signing, issued_at=AT + timedelta(hours=1, seconds=30))
    )
    yield Sample("revoked place, form still good", _sign(signing, status_idx=11))
    yield Sample("suspended place, form still good", _sign(signing, status_idx=12))


def _bad_keys(signing: ECKey, gone: ECKey, stranger: ECKey) -> Iterator[Sample]:
    yield Sample("of a key that is gone", _sign(gone), "key")
    yield Sample(
        "of a stranger under our key's name",
        badge_token.sign(claims(), kid=signing.thumbprint(), key=stranger),
        "signature",
    )
    yield Sample("of a stranger under its own name", _sign(stranger), "key")
    _, body, signature = _sign(signing)[:-1].split(".")
    for word in ("none", "None", "nOnE", "NONE", ""):
        forged = b64(json.dumps({"alg": word, "typ": badge_token.TYPE, "kid": signing.thumbprint()}).encode())
        yield Sample(f"algorithm {word!r} without signature", f"{forged}.{body}.~", "algorithm")
        yield Sample(f"algorithm {word!r} with the signature", f"{forged}.{body}.{signature}~", "algorithm")
    fields = {"typ": badge_token.TYPE, "kid": signing.thumbprint()}
    head = b64(json.dumps({**fields, "alg": "HS256"}).encode())
    mark = hmac.digest(signing.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    yield Sample("HS256 with our public key as the secret", f"{head}.{body}.{b64(mark)}~", "algorithm")
    others: tuple[tuple[str, Key], ...] = (
        ("RS256", RSAKey.generate_key(2048)),
        ("ES384", ECKey.generate_key("P-384")),
    )
    for algorithm, key in others:
        forged = jws.serialize_compact({**fields, "alg": algorithm}, unb64(body), key, algorithms=[algorithm])
        yield Sample(f"algorithm {algorithm}", f"{forged}~", "algorithm")
    own = {**stranger.as_dict(private=False)}
    for extra in (
        {"jwk": own},
        {"jku": "https://evil.example.test/keys"},
        {"x5u": "https://evil.example.test/c"},
        {"crit": ["exp"]},
        {"b64": False},
    ):
        head = b64(json.dumps({**fields, "alg": "ES256", **extra}).encode())
        own_mark = _mark(f"{head}.{body}", stranger if "jwk" in extra else signing)
        yield Sample(f"header brings {next(iter(extra))}", f"{head}.{body}.{own_mark}~", "form")


def _mark(text: str, key: ECKey) -> str:
    """An ES256 signature over any text, header fields and all."""
    der = key.private_key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))  # type: ignore[union-attr]
    r, s = decode_dss_signature(der)
    return b64(r.to_bytes(32) + s.to_bytes(32))


def _bad_claims(signing: ECKey) -> Iterator[Sample]:
    late, kid = AT + timedelta(hours=1), signing.thumbprint()
    yield Sample("expired", _sign(signing, expires_at=late), "expired")
    yield Sample("expired long ago", _sign(signing, expires_at=AT - timedelta(days=400)), "expired")
    yield Sample("from the future", _sign(signing, issued_at=late + timedelta(minutes=2)), "early")
    yield Sample("another type of credential", _sign(signing, vct=f"{ORIGIN}/badge-type/2"), "vct")
    yield Sample("another issuer", _sign(signing, issuer="https://badge.example.test.evil.example.test"), "issuer")
    yield Sample("issuer with a slash more", _sign(signing, issuer=f"{ORIGIN}/"), "issuer")
    yield Sample("no sites", _sign(signing, sites=()), "claims")
    yield Sample("too many sites", _sign(signing, sites=tuple(f"a{n}.example.test" for n in range(51))), "claims")
    code = synthetic_code(7)
    yield Sample(
        "code with a wrong check character",
        _sign(signing, code=code[:-1] + ("0" if code[-1] != "0" else "1")),
        "claims",
    )
    yield Sample("number with a wrong check character", _sign(signing, badge_id="123456789012"), "claims")
    good = json.loads(unb64(_sign(signing).split(".")[1]))
    changes: dict[str, Callable[[dict[str, object]], object]] = {
        "exp as text": lambda body: body.update(exp=str(body["exp"])),
        "exp with a fraction": lambda body: body.update(exp=1_900_000_000.5),
        "exp true": lambda body: body.update(exp=True),
        "exp negative": lambda body: body.update(exp=-1),
        "exp beyond all years": lambda body: body.update(exp=10**15),
        "no exp": lambda body: body.pop("exp"),
        "no status": lambda body: body.pop("status"),
        "status without place": lambda body: body.update(status={"status_list": {"uri": "x"}}),
        "status of a negative place": lambda body: body.update(status={"status_list": {"idx": -1, "uri": "x"}}),
        "sites as text": lambda body: body.update(sites="shop.example.test"),
        "sub missing": lambda body: body.pop("sub"),
        "disclosure digests": lambda body: body.update(_sd=["x" * 43]),
        "holder key": lambda body: body.update(cnf={"jwk": {}}),
    }
    for name, change in changes.items():
        body = json.loads(json.dumps(good))
        change(body)
        yield Sample(name, signed_text.sign(body, kind=badge_token.TYPE, kid=kid, key=signing) + "~", "claims")
    for kind in ("JWT", "vc+sd-jwt", "DC+SD-JWT", status_list.TYPE, "kb+jwt"):
        yield Sample(f"type {kind}", signed_text.sign(good, kind=kind, kid=kid, key=signing) + "~", "type")


def _bent(signing: ECKey) -> Iterator[Sample]:
    token = _sign(signing)
    header, body, signature = token[:-1].split(".")
    other = _sign(signing).split(".")[1]
    changed = b64(unb64(body).replace(b"shop7", b"shop8"))
    yield Sample("another site in the body", f"{header}.{changed}.{signature}~", "signature")
    yield Sample("body of another token", f"{header}.{other}.{signature}~", "signature")
    yield Sample("signature of zeros", f"{header}.{body}.{b64(bytes(64))}~", "signature")
    yield Sample("signature in DER", f"{header}.{body}.{b64(b'0' + bytes(70))}~", "signature")
    yield Sample("half a signature", f"{header}.{body}.{b64(unb64(signature)[:32])}~", "signature")
    yield Sample("no signature", f"{header}.{body}.~", "signature")
    yield Sample("without the tilde", token[:-1], "form")
    yield Sample("with a disclosure", f"{token}{b64(json.dumps(['salt', 'sub', 'x']).encode())}~", "disclosures")
    yield Sample("with a key binding", f"{token}{header}.{body}.{signature}", "form")
    yield Sample("empty", "", "form")
    yield Sample("only a tilde", "~", "form")
    yield Sample("five parts", f"{token[:-1]}.a.b~", "form")
    yield Sample("header no JSON", f"{b64(b'{')}.{body}.{signature}~", "form")
    yield Sample("header a list", f"{b64(b'[]')}.{body}.{signature}~", "form")
    yield Sample("too long", f"{header}.{'A' * 9_000}.{signature}~", "form")
