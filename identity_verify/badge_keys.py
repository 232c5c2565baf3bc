"""Keys of the badge issuer: one signs, one waits published, old ones verify until their last token is over.

The public halves and states are rows, so that every process sees the same; the private halves lie in
``keys_path()/badge``, readable by the owner alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from evidence import key_folder
from evidence.errors import KeysError
from identity_verify.badge_issuer import Issuer, issuer_of
from identity_verify.errors import BadgeKeyError
from identity_verify.signed_text import ALGORITHM, CURVE, PublicKeys
from kernel import audit
from kernel.config import Settings
from kernel.models import BadgeKey

ACTOR = "system:badge"
PUBLISHED_FIRST = timedelta(minutes=10)
"""A key is published at least this long before it signs: readers may keep the key set as long."""
COUNTING = ("next", "signing", "retired")
"""States in which a key's signatures count."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its id."""

    kid: str
    key: ECKey


@dataclass(frozen=True, slots=True)
class BadgeKeys:
    """What it takes to sign.

    Attributes:
        folder: of the private keys. issuer: whose name stands in tokens.
        life: longest term of a token.
    """

    folder: Path
    issuer: Issuer
    life: timedelta

    def signing(self, session: Session, *, at: datetime) -> SigningKey:
        """The key that signs now; the first two keys are made at first use.

        Args:
            session: a write session.

        Raises:
            BadgeKeyError: its private half is missing, damaged or open to others.

        Effects: at first use table ``badge_key`` and the folder of keys.
        """
        row = session.execute(select(BadgeKey).where(BadgeKey.state == "signing")).scalar_one_or_none()
        if row is None:
            row = self._make(session, "signing", at=at)
            self._make(session, "next", at=at)
        return SigningKey(row.kid, self._private(row))

    def rotate(self, session: Session, *, actor: str, at: datetime) -> str:
        """The waiting key signs from now on, the old one only verifies, a new one waits.

        Returns:
            id of the key that signs now.

        Raises:
            BadgeKeyError: the waiting key has not been published for ten minutes yet.

        Effects: tables ``badge_key``, ``audit``; the folder of keys.
        """
        self.signing(session, at=at)
        waiting = _one(session, "next")
        if at - waiting.created_at < PUBLISHED_FIRST:
            raise BadgeKeyError(
                "expected the next key to be published for ten minutes, got a younger one",
                hint="十分钟后再轮换 rotate later: readers may still hold the older key set",
            )
        entry = audit.append(
            session, actor=actor, action="badge.key_rotated", object_type="badge_key", object_id=waiting.kid, at=at
        )
        self._advance(session, old_state="retired", revision=entry.seq, at=at)
        return waiting.kid

    def mark_compromised(self, session: Session, kid: str, *, actor: str, at: datetime) -> None:
        """Nothing that this key signed counts any more; if it was signing, the waiting key takes over at once.

        The badges it signed are for ``badges.resign`` to sign anew.

        Raises:
            BadgeKeyError: no such key.

        Effects: tables ``badge_key``, ``audit``; the folder of keys.
        """
        row = session.get(BadgeKey, kid)
        if row is None:
            raise BadgeKeyError(f"expected a key of this issuer, got {kid[:43]}", hint="wangjian badge keys list")
        if row.state == "compromised":
            return
        entry = audit.append(
            session, actor=actor, action="badge.key_compromised", object_type="badge_key", object_id=kid, at=at
        )
        if row.state == "signing":
            self._advance(session, old_state="compromised", revision=entry.seq, at=at)
            return
        was_waiting = row.state == "next"
        row.state, row.state_at, row.revision = "compromised", at, entry.seq
        if was_waiting:
            self._make(session, "next", at=at)

    def sweep(self, session: Session, *, at: datetime) -> int:
        """Retired keys whose last token is over are gone; private halves that sign no more are erased.

        Returns:
            private keys erased.

        Effects: table ``badge_key``; the folder of keys.
        """
        for row in session.execute(select(BadgeKey).where(BadgeKey.state == "retired")).scalars():
            if row.keep_until is None or row.keep_until <= at:
                entry = audit.append(
                    session, actor=ACTOR, action="badge.key_gone", object_type="badge_key", object_id=row.kid, at=at
                )
                row.state, row.state_at, row.revision = "gone", at, entry.seq
        # Only states that were committed by an earlier transaction: what is rolled back must find its key.
        idle = select(BadgeKey.kid).where(BadgeKey.state.not_in(("signing", "next")), BadgeKey.state_at < at)
        erased = 0
        for kid in session.execute(idle).scalars():
            path = self.folder / _file_of(kid)
            if path.exists():
                path.unlink()
                erased += 1
        return erased

    def _advance(self, session: Session, *, old_state: str, revision: int, at: datetime) -> None:
        old, waiting = _one(session, "signing"), _one(session, "next")
        old.state, old.state_at, old.revision = old_state, at, revision
        waiting.state, waiting.state_at, waiting.revision = "signing", at, revision
        session.flush()
        self._make(session, "next", at=at)

    def _make(self, session: Session, state: str, *, at: datetime) -> BadgeKey:
        private = ec.generate_private_key(ec.SECP256R1())
        key = ECKey.import_key(private)
        kid = key.thumbprint()
        files = {_file_of(kid): key_folder.private_pem(private)}
        try:
            if not self.folder.is_dir():
                key_folder.create(self.folder, files)
            with key_folder.held(self.folder):
                if not (self.folder / _file_of(kid)).exists():
                    key_folder.change(self.folder, files)
        except KeysError as error:
            raise BadgeKeyError(error.message, hint=error.hint) from error
        jwk = {
            name: str(value) for name, value in key.as_dict(private=False).items() if name in {"crv", "x", "y", "kty"}
        }
        entry = audit.append(
            session, actor=ACTOR, action="badge.key_made", object_type="badge_key", object_id=kid, at=at
        )
        row = BadgeKey(kid=kid, jwk=jwk, state=state, created_at=at, state_at=at, revision=entry.seq)
        session.add(row)
        session.flush()
        return row

    def _private(self, row: BadgeKey) -> ECKey:
        try:
            key = ECKey.import_key(key_folder.read(self.folder, _file_of(row.kid), private=True))
        except (KeysError, ValueError) as error:
            raise BadgeKeyError(
                f"expected the private key {row.kid}, got: {error}",
                hint="从备份恢复密钥目录，或将该密钥标为泄露 restore the folder, or: wangjian badge keys compromise",
            ) from error
        if key.thumbprint() != row.kid:
            raise BadgeKeyError(f"expected the private key {row.kid}, got another", hint="Restore the folder of keys.")
        return key


def open_keys(settings: Settings) -> BadgeKeys:
    """The keys of an installation; nothing is made before the first signature."""
    return BadgeKeys(settings.keys_path() / "badge", issuer_of(settings), timedelta(days=settings.badge_days))


def public_key(jwk: dict[str, str]) -> ECKey:
    """A public key from its JSON form.

    Spec: RFC 7517 4; RFC 7518 6.2.

    Raises:
        BadgeKeyError: not a P-256 key.
    """
    try:
        key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    except (KeyError, TypeError, ValueError, JoseError) as error:
        raise BadgeKeyError("expected a public key of the curve P-256, got another value") from error
    if key.curve_name != CURVE:
        raise BadgeKeyError(f"expected a public key of the curve {CURVE}, got one of {key.curve_name}")
    return key


def public_keys(session: Session) -> PublicKeys:
    """The keys whose signatures count, by id."""
    rows = session.execute(select(BadgeKey).where(BadgeKey.state.in_(COUNTING))).scalars()
    return {row.kid: public_key(row.jwk) for row in rows}


def key_set(session: Session) -> dict[str, object]:
    """The published key set: the signing and the waiting key first, then those that only verify.

    Spec: RFC 7517 5; RFC 7638 (kid is the thumbprint).
    """
    order = {state: place for place, state in enumerate(("signing", "next", "retired"))}
    rows = session.execute(select(BadgeKey).where(BadgeKey.state.in_(COUNTING))).scalars()
    found = sorted(rows, key=lambda row: (order[row.state], row.created_at, row.kid))
    return {"keys": [{**row.jwk, "kid": row.kid, "use": "sig", "alg": ALGORITHM} for row in found]}


def keys_in(key_set: object) -> PublicKeys:
    """The usable keys of a key set as others publish it; what is not a P-256 key for signatures is left out.

    Spec: RFC 7517 5 (members not understood are ignored).
    """
    listed = key_set.get("keys") if isinstance(key_set, dict) else None
    found: dict[str, ECKey] = {}
    for jwk in listed if isinstance(listed, list) else []:
        if isinstance(jwk, dict) and jwk.get("alg", ALGORITHM) == ALGORITHM and isinstance(jwk.get("kid"), str):
            try:
                found[jwk["kid"]] = public_key(jwk)
            except BadgeKeyError:
                continue
    return found


def _file_of(kid: str) -> str:
    return f"{kid}.key"


def _one(session: Session, state: str) -> BadgeKey:
    return session.execute(select(BadgeKey).where(BadgeKey.state == state)).scalar_one()
