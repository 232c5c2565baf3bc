"""The node's list and its signature."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.capture.errors import CaptureError
from crawlers.capture.node_signature import LIST, SIGNATURE, load_signer, sign_list, signer_fact
from evidence import cms, manifest
from evidence.keys import ensure_keys, folder_of
from kernel.clock import now
from kernel.config import Settings

AT = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)


def test_the_list_holds_under_the_node_root(config: Settings) -> None:
    """Signed with the key at the path; only that and its certificates are read."""
    keys = ensure_keys(config, now())
    folder = folder_of(config)
    alone = config.data_dir / "alone"
    alone.mkdir()
    for name in ("node.key", "node.pem", "node-root.pem"):
        (alone / name).write_bytes((folder / name).read_bytes())
    signer = load_signer(str(alone / "node.key"))
    assert signer is not None
    files = sign_list({"data/a": "0" * 64, "meta/b": "1" * 64}, signer, now())
    assert set(files) == {LIST, SIGNATURE}
    assert manifest.parse(files[LIST]) == {"data/a": "0" * 64, "meta/b": "1" * 64}
    digest = hashlib.sha256(files[LIST]).digest()
    cms.verify(files[SIGNATURE], digest, [keys.node.issuers[-1]], now())
    with pytest.raises(Exception, match="expected"):
        cms.verify(files[SIGNATURE], digest, [keys.seal.issuers[-1]], now())
    assert signer_fact(signer)["state"] == "signed"


def test_without_a_key_it_is_said(tmp_path: Path) -> None:
    """No path, no signature, and the reason."""
    assert load_signer("") is None
    assert sign_list({"data/a": "0" * 64}, None, AT) == {}
    assert "WANGJIAN_NODE_KEY_FILE" in str(signer_fact(None)["reason"])


def test_a_wrong_key_is_refused(config: Settings, tmp_path: Path) -> None:
    """Missing, garbage, or another's: refused before anything is captured in vain."""
    ensure_keys(config, now())
    folder = folder_of(config)
    (tmp_path / "node.key").write_bytes((folder / "seal.key").read_bytes())
    for name in ("node.pem", "node-root.pem"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    for path in (tmp_path / "none.key", tmp_path / "node.pem", tmp_path / "node.key"):
        with pytest.raises(CaptureError) as caught:
            load_signer(str(path))
        assert caught.value.code == "capture.node_key"
