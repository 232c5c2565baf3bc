"""Keys in a PKCS #11 token: a smart card, a USB key, a hardware security module. The key never leaves it.

The only module that knows the client library; it is loaded where a setting names a token.
Spec: OASIS PKCS #11 v2.40, CKM_ECDSA (the hash is made here, so that every token can do it).
"""

import hashlib
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11.util.ec import encode_ec_public_key

from evidence.errors import KeysError, KeyTokenError
from evidence.token_uri import TokenUri
from kernel.config import Settings

_LOCK = threading.RLock()
_SESSIONS: dict[tuple[str, str], tuple[int, pkcs11.Session]] = {}
_REFUSED: set[tuple[str, str, str]] = set()
_HINT = "Is the token in its slot, and are WANGJIAN_PKCS11_MODULE, the PIN and the labels right?"


def _pin(settings: Settings) -> str:
    if not settings.pkcs11_pin_file:
        return settings.pkcs11_pin.get_secret_value()
    path = Path(settings.pkcs11_pin_file)
    try:
        if path.stat().st_mode & 0o077:
            raise KeysError(f"expected {path} to be readable by its owner alone", hint=f"chmod 600 {path}")
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeysError(f"expected a PIN in {path}, got {error}", hint="Check WANGJIAN_PKCS11_PIN_FILE.") from error


def _told(error: Exception, what: str) -> KeyTokenError:
    return KeyTokenError(f"expected {what}, got {type(error).__name__} {error}".rstrip(), hint=_HINT)


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A private key in a token, used from any thread and after a fork.

    Args:
        uri: which key. module: path of the token's library. pin: of its user.
    """

    uri: TokenUri
    module: str
    pin: str = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of ``data``, DER. Not deterministic: the token draws its own number.

        Raises:
            KeyTokenError: the token or the key is not there, or refuses.

        Effects: the token.
        """
        digest = hashlib.sha256(data).digest()
        with _LOCK:
            was_open = self._place() in _SESSIONS
            try:
                raw = self._sign(digest)
            except pkcs11.PKCS11Error as error:
                self._forget()
                if not was_open:
                    raise _told(error, f"a signature by {self.uri.label}") from error
                # It was taken out and put back, or its session ended: once more from the beginning.
                raw = self._again(digest)
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))

    def _sign(self, digest: bytes) -> bytes:
        key = self._find(pkcs11.ObjectClass.PRIVATE_KEY)
        return bytes(key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))

    def _again(self, digest: bytes) -> bytes:
        try:
            return self._sign(digest)
        except pkcs11.PKCS11Error as error:
            self._forget()
            raise _told(error, f"a signature by {self.uri.label}") from error

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half, from the token.

        Raises:
            KeyTokenError: the token or the key is not there. KeysError: not an ECDSA key.
        """
        with _LOCK:
            try:
                key = load_der_public_key(encode_ec_public_key(self._find(pkcs11.ObjectClass.PUBLIC_KEY)))
            except pkcs11.PKCS11Error as error:
                self._forget()
                raise _told(error, f"the public key {self.uri.label}") from error
            except (KeyError, ValueError, TypeError) as error:
                raise KeysError(f"expected an ECDSA key {self.uri.label}, got {error}") from error
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise KeysError(f"expected an ECDSA key {self.uri.label}, got {type(key).__name__}")
        return key

    def _find(self, kind: pkcs11.ObjectClass) -> Any:
        return self._session().get_key(kind, label=self.uri.label, id=self.uri.key_id or None)

    def _place(self) -> tuple[str, str]:
        return self.module, self.uri.token

    def _forget(self) -> None:
        held = _SESSIONS.pop(self._place(), None)
        if held is not None and held[0] == os.getpid():
            try:
                held[1].close()
            except pkcs11.PKCS11Error:
                return

    def _session(self) -> pkcs11.Session:
        """One signed-in session for each token and process: a token signs a process in, not a session."""
        held = _SESSIONS.get(self._place())
        if held is not None and held[0] == os.getpid():
            return held[1]
        if (*self._place(), self.pin) in _REFUSED:
            raise KeyTokenError(
                f"expected another PIN for the token {self.uri.token}, got the one that it refused",
                hint="A few wrong ones block the token: correct WANGJIAN_PKCS11_PIN_FILE, then start again.",
            )
        try:
            library = pkcs11.lib(self.module)
            if held is not None:
                library.reinitialize()  # the child of a fork may not use what its parent opened
                for place in [place for place, (pid, _) in _SESSIONS.items() if pid != os.getpid()]:
                    del _SESSIONS[place]
            session = library.get_token(token_label=self.uri.token).open(user_pin=self.pin)
        except RuntimeError as error:  # the base of the library's errors too
            if isinstance(error, pkcs11.PinIncorrect | pkcs11.PinLocked):
                _REFUSED.add((*self._place(), self.pin))
            raise _told(error, f"the token {self.uri.token}") from error
        _SESSIONS[self._place()] = (os.getpid(), session)
        return session


def open_key(settings: Settings, uri: TokenUri) -> TokenKey:
    """The key that a setting names. Nothing is opened before its first use.

    Raises:
        KeysError: no library is set, or no PIN.
    """
    pin = _pin(settings)
    if not settings.pkcs11_module or not pin:
        raise KeysError(
            f"expected a library and a PIN for the token {uri.token}, got none",
            hint="Set WANGJIAN_PKCS11_MODULE and WANGJIAN_PKCS11_PIN_FILE.",
        )
    return TokenKey(uri, settings.pkcs11_module, pin)
