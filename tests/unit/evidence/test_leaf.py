"""Leaves: renewal, revocation, the bureau's own chain."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import cms, issuer, key_folder, leaf, trust
from evidence.errors import KeysError
from evidence.keys import ensure_keys, folder_of
from kernel.config import Settings
from tests.data.evidence.workshop import AT

DAY = timedelta(days=1)


def test_a_node_leaf_is_renewed_before_its_end(config: Settings) -> None:
    """Thirty days before, with a new key, under the same root; the trust list need not change."""
    first = ensure_keys(config, AT)
    assert ensure_keys(config, AT + 59 * DAY).node.certificate == first.node.certificate
    second = ensure_keys(config, AT + 61 * DAY)
    assert second.node.certificate != first.node.certificate
    assert second.node.key.public_key() != first.node.key.public_key()
    assert second.node.issuers == first.node.issuers
    assert second.seal.certificate == first.seal.certificate
    assert ensure_keys(config, AT + 62 * DAY).node.certificate == second.node.certificate
    assert len(trust.load(config.trust_path()).roots("node")) == 1
    assert [one.name for one in leaf.all_of(folder_of(config), "node")] == ["node", "node-2"]
    assert (folder_of(config) / "node-2.key").stat().st_mode & 0o777 == 0o600


def test_near_the_end_of_the_root(config: Settings) -> None:
    """Leaves end with their root and are not made anew without end; after it nothing is certified."""
    ensure_keys(config, AT)
    late = AT + timedelta(days=20 * 365 - 40)
    for days in range(3):
        ensure_keys(config, late + days * DAY)
    assert len(leaf.all_of(folder_of(config), "node")) == 2
    with key_folder.held(folder_of(config)), pytest.raises(KeysError, match="root in force"):
        leaf.make_next(folder_of(config), "node", None, AT + timedelta(days=20 * 365))


def own_chain(folder: Path, *, days_ago: int = 1) -> tuple[ec.EllipticCurvePrivateKey, Path, Path]:
    """A key and a chain as a bureau's own authority gives them."""
    folder.mkdir(exist_ok=True)
    root_key, key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    at = AT - days_ago * DAY
    root = issuer.make_root("bureau", root_key, at)
    certificate = issuer.issue("seal", key.public_key(), root, root_key, at)
    (folder / "key.pem").write_bytes(key_folder.private_pem(key))
    (folder / "key.pem").chmod(0o600)
    (folder / "chain.pem").write_bytes(certificate.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))
    return key, folder / "key.pem", folder / "chain.pem"


def test_the_bureaus_own_chain(tmp_path: Path) -> None:
    """Key and certificates from files; the signer itself goes into the trust list, not its authority."""
    key, key_file, chain_file = own_chain(tmp_path)
    config = Settings(data_dir=tmp_path / "data")
    built_in = ensure_keys(config, AT)
    config = Settings(data_dir=tmp_path / "data", seal_key_uri=f"file:{key_file}", seal_chain_file=str(chain_file))
    keys = ensure_keys(config, AT)
    assert keys.seal.key.public_key() == key.public_key()
    roots = trust.load(config.trust_path()).roots("seal")
    assert set(roots) == {built_in.seal.issuers[-1], keys.seal.certificate}
    digest = bytes(32)
    assert cms.verify(cms.sign(digest, keys.seal, AT), digest, roots, AT)[1] == (keys.seal.certificate,)
    with key_folder.held(folder_of(config)), pytest.raises(KeysError, match="own chain"):
        leaf.renew(folder_of(config), config, "seal", AT)


def test_own_chains_that_are_refused(tmp_path: Path) -> None:
    """No key, another key, no path, expired, or no PEM at all."""
    _, key_file, chain_file = own_chain(tmp_path)
    _, _, other = own_chain(tmp_path / "other")
    _, old_key, old_chain = own_chain(tmp_path / "old", days_ago=6 * 365)
    certificates = chain_file.read_bytes()
    (tmp_path / "alone.pem").write_bytes(certificates[: certificates.index(b"-----END") + 26])
    (tmp_path / "none.pem").write_bytes(b"nothing")
    for key, chain, words in (
        ("", chain_file, "expected the key"),
        (f"file:{key_file}", other, "another's"),
        (f"file:{old_key}", old_chain, "those above"),
        (f"file:{key_file}", tmp_path / "none.pem", "those above"),
        (f"file:{key_file}", tmp_path / "gone.pem", "those above"),
    ):
        config = Settings(data_dir=tmp_path / "data", seal_key_uri=key, seal_chain_file=str(chain))
        with pytest.raises(KeysError, match=words):
            ensure_keys(config, AT)


def test_a_key_file_of_another_kind(tmp_path: Path) -> None:
    """Open to others, or not ECDSA, is refused."""
    path = tmp_path / "key.pem"
    path.write_bytes(key_folder.private_pem(ed25519.Ed25519PrivateKey.generate()))
    path.chmod(0o644)
    config = Settings(data_dir=tmp_path / "data", report_key_uri=f"file:{path}")
    with pytest.raises(KeysError, match="owner alone"):
        ensure_keys(config, AT)
    path.chmod(0o600)
    with pytest.raises(KeysError, match="ECDSA"):
        ensure_keys(config, AT)


@pytest.mark.parametrize("text", ["", "[1]", '[{"serial": "x", "at": "2026-11-25T00:00:00Z", "reason": "superseded"}]'])
def test_damaged_list_of_revoked(config: Settings, text: str) -> None:
    """A list that cannot be read stops the signing: it may have named the leaf in use."""
    ensure_keys(config, AT)
    (folder_of(config) / "seal-revoked.json").write_text(text)
    with pytest.raises(KeysError, match="revoked certificates"):
        ensure_keys(config, AT)
