"""This installation's exchange keys: for each suite one that signs and one that opens what is sealed for it.

They lie in ``Settings.keys_path()/exchange``, readable by the owner alone, made at first use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evidence import key_folder
from exchange.errors import SuiteError
from exchange.suite import available_suites, suite
from kernel.clock import iso
from kernel.config import Settings
from kernel.crypto import sha256_hex

KID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """The keys of one installation.

    Attributes:
        org: code of the organisation that signs with them. signing, sealing: private keys in PEM, by suite.
    """

    org: str
    signing: Mapping[str, bytes]
    sealing: Mapping[str, bytes]

    def sign(self, name: str, data: bytes) -> tuple[str, bytes]:
        """Number of the key and a signature by the suite of that name."""
        private = self.private(name)
        return kid_of(suite(name).public(private)), suite(name).sign(private, data)

    def private(self, name: str) -> bytes:
        """The signing key of a suite. Raises: SuiteError."""
        if name not in self.signing:
            raise SuiteError(f"expected a key of the suite {name}, got none", hint="Install its extra and start again.")
        return self.signing[name]

    def cards(self, at: datetime) -> list[dict[str, str]]:
        """The public halves, as a peer keeps them."""
        found = []
        for use, keys in (("sign", self.signing), ("seal", self.sealing)):
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
        return NodeKeys(
            settings.exchange_org,
            {name: key_folder.read(folder, f"{name}.sign.key") for name in names},
            {name: key_folder.read(folder, f"{name}.seal.key") for name in names},
        )
