"""Keys in a real PKCS #11 token (SoftHSM)."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from evidence import authority, cms, pades, token_key
from evidence.chain import build_path
from evidence.errors import KeysError, KeyTokenError
from evidence.keys import ensure_keys, folder_of
from evidence.paper import Paper
from evidence.token_uri import TokenUri
from kernel.config import Settings
from kernel.crypto import sha256_hex
from tests.data.evidence.workshop import AT
from tests.servers.soft_token import PIN, SoftToken, make_token


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    """A token with two keys for seals and one for reports."""
    return make_token(tmp_path_factory.mktemp("token"), "bureau", ("seal", "seal2", "report"))


@pytest.fixture
def config(token: SoftToken, tmp_path: Path) -> Settings:
    """Settings that name the keys in the token; the PIN lies in a file."""
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    pin.chmod(0o600)
    return Settings(
        data_dir=tmp_path / "data",
        seal_key_uri="pkcs11:token=bureau;object=seal",
        report_key_uri="pkcs11:token=bureau;object=report",
        pkcs11_module=token.module,
        pkcs11_pin_file=str(pin),
    )


def test_seals_and_reports_are_signed_by_the_token(config: Settings) -> None:
    """The built-in authority certifies the token's key; signature and PDF hold; no private key lies in the folder."""
    keys = ensure_keys(config, AT)
    digest = bytes.fromhex(sha256_hex(b"content"))
    _, path = cms.verify(cms.sign(digest, keys.seal, AT), digest, keys.seal.issuers, AT)
    assert path == (keys.seal.certificate, *keys.seal.issuers)
    pdf = Paper("t", AT, fields=pades.FIELDS).finish()
    signed = pades.sign(pdf, keys.report, "test", at=AT)
    assert pades.check(signed, keys.report.issuers, AT).path[0] == keys.report.certificate
    again = ensure_keys(config, AT)
    assert again.seal.certificate == keys.seal.certificate
    assert not (folder_of(config) / "seal-2.key").exists()
    assert (folder_of(config) / "seal-2.pem").exists()


def test_back_to_the_key_in_the_folder(config: Settings) -> None:
    """Without the setting the folder's own key signs again, and each key keeps its certificate."""
    inside = ensure_keys(config, AT).seal.certificate
    plain = Settings(data_dir=config.data_dir)
    assert ensure_keys(plain, AT).seal.certificate != inside
    assert ensure_keys(config, AT).seal.certificate == inside


def test_a_revoked_token_key_signs_no_more(config: Settings) -> None:
    """A new key has to be made and named; the same key is not certified twice after a revocation."""
    serial = ensure_keys(config, AT).seal.certificate.serial_number
    authority.revoke(config, "seal", serial, "key_compromise", AT)
    with pytest.raises(KeysError, match="revoked"):
        ensure_keys(config, AT)
    other = config.model_copy(update={"seal_key_uri": "pkcs11:token=bureau;object=seal2"})
    assert ensure_keys(other, AT).seal.certificate.serial_number != serial


# The library says on standard error that it could not end a search in the session that is gone.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_from_threads_and_after_a_session_was_lost(config: Settings, token: SoftToken) -> None:
    """One session serves all threads; one that ended is opened again."""
    key = token_key.open_key(config, TokenUri("bureau", "seal"))
    public = key.public_key()
    with ThreadPoolExecutor(4) as pool:
        for number, signature in enumerate(pool.map(key.sign, [bytes([number]) for number in range(20)])):
            public.verify(signature, bytes([number]), ec.ECDSA(hashes.SHA256()))
    token_key._SESSIONS[(token.module, "bureau")][1].close()
    public.verify(key.sign(b"again"), b"again", ec.ECDSA(hashes.SHA256()))


def _sign_in_child(module: str, connection: object) -> None:
    key = token_key.TokenKey(TokenUri("bureau", "seal"), module, PIN)
    connection.send(key.sign(b"child"))  # type: ignore[attr-defined]


def test_after_a_fork(config: Settings, token: SoftToken) -> None:
    """A child that was forked with an open session signs with one of its own, and the parent goes on."""
    key = token_key.open_key(config, TokenUri("bureau", "seal"))
    public = key.public_key()
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_sign_in_child, args=(token.module, theirs))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    public.verify(ours.recv(), b"child", ec.ECDSA(hashes.SHA256()))
    public.verify(key.sign(b"parent"), b"parent", ec.ECDSA(hashes.SHA256()))


def test_what_is_not_there(config: Settings, token: SoftToken, tmp_path: Path) -> None:
    """Another label, another token, another library: told, with a hint."""
    for uri in (TokenUri("bureau", "none"), TokenUri("none", "seal"), TokenUri("bureau", "seal", b"\x09")):
        key = token_key.open_key(config, uri)
        with pytest.raises(KeyTokenError) as refused:
            key.public_key()
        assert refused.value.hint
        with pytest.raises(KeyTokenError):
            key.sign(b"data")
    with pytest.raises(KeyTokenError):
        token_key.TokenKey(TokenUri("bureau", "seal"), str(tmp_path / "none.so"), PIN).public_key()
    for change in ({"pkcs11_module": ""}, {"pkcs11_pin_file": ""}):
        with pytest.raises(KeysError, match="PIN"):
            token_key.open_key(config.model_copy(update=change), TokenUri("bureau", "seal"))


def test_a_wrong_pin_is_tried_once(config: Settings, token: SoftToken) -> None:
    """Tokens block themselves after a few; the same wrong one is not sent again."""
    token_key._SESSIONS.pop((token.module, "bureau"), (0, None))
    key = token_key.TokenKey(TokenUri("bureau", "seal"), token.module, "0000")
    try:
        pkcs11.lib(token.module).reinitialize()
        with pytest.raises(KeyTokenError, match="PinIncorrect"):
            key.sign(b"data")
        with pytest.raises(KeyTokenError, match="another PIN"):
            key.sign(b"data")
    finally:
        token_key._REFUSED.clear()
    assert PIN not in repr(token_key.open_key(config, TokenUri("bureau", "seal")))


def test_the_pin_file_must_be_closed_to_others(config: Settings) -> None:
    """As a key file; a PIN in a setting works too."""
    path = Path(config.pkcs11_pin_file)
    path.chmod(0o644)
    with pytest.raises(KeysError, match="owner alone"):
        token_key.open_key(config, TokenUri("bureau", "seal"))
    path.unlink()
    with pytest.raises(KeysError, match="PIN in"):
        token_key.open_key(config, TokenUri("bureau", "seal"))
    plain = config.model_copy(update={"pkcs11_pin_file": "", "pkcs11_pin": SecretStr(PIN)})
    assert token_key.open_key(plain, TokenUri("bureau", "seal")).public_key().curve.name == "secp256r1"


def test_path_of_the_certificate(config: Settings) -> None:
    """The token's leaf leads to the root that the trust list names."""
    signer = ensure_keys(config, AT).seal
    assert build_path(signer.certificate, (), signer.issuers, AT)[-1] == signer.issuers[-1]
