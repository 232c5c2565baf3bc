"""This installation's exchange keys: for each suite one that signs and one that opens what is sealed for it.

They lie in ``Settings.keys_path()/exchange``, readable by the owner alone, made at first use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from evidence import key_folder
from exchange.errors import SuiteError
from exchange.suite import available_suites, suite
from kernel.clock import iso
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.durable import synchronise

KID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """The keys of one installation.

    Attributes:
        org: code of the organisation that signs with them. signing, sealing: private keys in PEM, by suite.
        next_signing, next_sealing: those that peers were told and that do not sign yet.
        old_sealing: suite and private key by number, of those that opened before. old_cards: public halves of those
            that signed before.
    """

    org: str
    signing: Mapping[str, bytes]
    sealing: Mapping[str, bytes]
    next_signing: Mapping[str, bytes] = field(default_factory=dict)
    next_sealing: Mapping[str, bytes] = field(default_factory=dict)
    old_sealing: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    old_cards: tuple[Mapping[str, str], ...] = ()

    def sign(self, name: str, data: bytes) -> tuple[str, bytes]:
        """Number of the key and a signature by the suite of that name."""
        private = self.private(name)
        return kid_of(suite(name).public(private)), suite(name).sign(private, data)

    def private(self, name: str) -> bytes:
        """The signing key of a suite. Raises: SuiteError."""
        if name not in self.signing:
            raise SuiteError(f"expected a key of the suite {name}, got none", hint="Install its extra and start again.")
        return self.signing[name]

    def opening(self, name: str, kid: str = "") -> tuple[bytes, ...]:
        """Private keys of a suite that open what was sealed for us: the one of that number, or all, newest first."""
        live = [keys[name] for keys in (self.next_sealing, self.sealing) if name in keys]
        found = [*live, *(pem for of, pem in self.old_sealing.values() if of == name)]
        return tuple(pem for pem in found if not kid or kid_of(suite(name).public(pem)) == kid)

    def sealing_kid(self, name: str) -> str:
        """Number of the key in force that peers seal for."""
        return kid_of(suite(name).public(self.sealing[name]))

    def cards(self, at: datetime) -> list[dict[str, str]]:
        """The public halves, as a peer keeps them: in force, then next."""
        found = []
        for use, keys in (
            ("sign", self.signing), ("seal", self.sealing), ("sign", self.next_signing), ("seal", self.next_sealing),
        ):  # fmt: skip
            for name, private in keys.items():
                public = suite(name).public(private)
                found.append(card(name, use, public, at))
        return found


def card(name: str, use: str, public: bytes, at: datetime) -> dict[str, str]:
    """One public key with what it is for."""
    return {"kid": kid_of(public), "suite": name, "use": use, "public": public.decode(), "since": iso(at), "until": ""}


_KIDS: dict[bytes, str] = {}


def kid_of(public: bytes) -> str:
    """Number of a public key: the first 16 hex digits of the SHA-256 of its PEM."""
    found = _KIDS.get(public)
    if found is None:
        found = _KIDS[public] = sha256_hex(public)[:KID_LENGTH]
    return found


def new_keys(org: str, names: tuple[str, ...] = ()) -> NodeKeys:
    """Fresh keys in memory, of all suites that work here unless some are named."""
    wanted = names or available_suites()
    return NodeKeys(
        org, {name: suite(name).new_key() for name in wanted}, {name: suite(name).new_sealing_key() for name in wanted}
    )


def folder_of(settings: Settings) -> Path:
    """Where they lie."""
    return settings.keys_path() / "exchange"


def _files(keys: NodeKeys) -> dict[str, bytes]:
    signing = {f"{name}.sign.key": pem for name, pem in keys.signing.items()}
    return {**signing, **{f"{name}.seal.key": pem for name, pem in keys.sealing.items()}}


def ensure_exchange_keys(settings: Settings) -> NodeKeys:
    """This installation's keys, made at the first call; those of a suite that came later are added.

    Raises:
        KeysError: damaged, open to others, or not to be written.

    Effects: files in ``settings.keys_path()/exchange``.
    """
    folder, names = folder_of(settings), available_suites()
    if not folder.is_dir():
        key_folder.create(folder, _files(new_keys(settings.exchange_org, names)))
    with key_folder.held(folder):
        lacking = tuple(name for name in names if not (folder / f"{name}.sign.key").exists())
        if lacking:
            key_folder.change(folder, _files(new_keys(settings.exchange_org, lacking)))
        return _read(settings.exchange_org, folder, names)


def _read(org: str, folder: Path, names: tuple[str, ...]) -> NodeKeys:
    """What lies in the folder; the caller holds it."""
    signing = {name: key_folder.read(folder, f"{name}.sign.key") for name in names}
    sealing = {name: key_folder.read(folder, f"{name}.seal.key") for name in names}
    next_signing, next_sealing = _next(folder, "sign", names, signing), _next(folder, "seal", names, sealing)
    old_sealing, old_cards = _old(folder)
    return NodeKeys(org, signing, sealing, next_signing, next_sealing, old_sealing, old_cards)


class KeyFolder:
    """The folder of keys, read again when it changed: a long process works with the keys of today.

    Args:
        settings: of this installation.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._folder = settings, folder_of(settings)
        self._seen: tuple[int, NodeKeys] | None = None

    def keys(self) -> NodeKeys:
        """The keys as they are now. Raises, Effects: as :func:`ensure_exchange_keys`."""
        stamp = self._folder.stat().st_mtime_ns if self._folder.is_dir() else 0
        if self._seen is None or self._seen[0] != stamp:
            # The time before reading: what changes meanwhile is read the next time.
            self._seen = stamp, ensure_exchange_keys(self._settings)
        return self._seen[1]

    def prepare(self, name: str) -> NodeKeys:
        """Make the next keys of a suite, unless they are there. Effects: files in the folder. Raises: SuiteError."""
        self.keys().private(name)
        with key_folder.held(self._folder):
            # What a switch that was cut off left over is in force already, and no next key.
            if name not in _read(self._settings.exchange_org, self._folder, (name,)).next_signing:
                used = suite(name)
                files = {f"{name}.sign.next.key": used.new_key(), f"{name}.seal.next.key": used.new_sealing_key()}
                key_folder.change(self._folder, files)
        self._seen = None
        return self.keys()

    def switch(self, name: str, kid: str) -> None:
        """The next keys take the place of those in force; done before, or cut off half-way, the rest is done.

        Args:
            kid: number of the signing key that is to be in force; where the next one is another, nothing happens.

        Of the old ones stay the public half of the one that signed, so that what it signed can be checked, and the
        one that opens, so that what was sealed for it can be opened.

        Effects: files in the folder.
        """
        used = suite(name)
        with key_folder.held(self._folder):
            keys = _read(self._settings.exchange_org, self._folder, (name,))
            waiting = keys.next_signing.get(name)
            if waiting is not None and kid_of(used.public(waiting)) == kid:
                signed, sealed = used.public(keys.signing[name]), used.public(keys.sealing[name])
                files = {
                    f"{name}.sign.{kid_of(signed)}.pem": signed,
                    f"{name}.seal.{kid_of(sealed)}.old.key": keys.sealing[name],
                    f"{name}.sign.key": waiting,
                    f"{name}.seal.key": keys.next_sealing[name],
                }
                key_folder.change(self._folder, files)
                waiting = None
            if waiting is None:
                for use in ("sign", "seal"):
                    (self._folder / f"{name}.{use}.next.key").unlink(missing_ok=True)
                synchronise(self._folder)
        self._seen = None


def _next(folder: Path, use: str, names: tuple[str, ...], now: Mapping[str, bytes]) -> dict[str, bytes]:
    """Keys that were told and do not sign yet; what is in force already was left over by a switch that was cut off."""
    found = {}
    for name in names:
        if (folder / f"{name}.{use}.next.key").exists():
            pem = key_folder.read(folder, f"{name}.{use}.next.key")
            if pem != now[name]:
                found[name] = pem
    return found


def _old(folder: Path) -> tuple[dict[str, tuple[str, bytes]], tuple[dict[str, str], ...]]:
    sealing: dict[str, tuple[str, bytes]] = {}
    cards = []
    for path in sorted(folder.glob("*.old.key")):
        name, _, kid = path.name.removesuffix(".old.key").split(".")
        sealing[kid] = name, key_folder.read(folder, path.name)
    for path in sorted(folder.glob("*.sign.*.pem")):
        name, _, kid = path.name.removesuffix(".pem").split(".")
        public = key_folder.read(folder, path.name).decode()
        cards.append({"kid": kid, "suite": name, "use": "sign", "public": public, "since": "", "until": ""})
    return sealing, tuple(cards)
