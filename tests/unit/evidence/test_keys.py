"""Keys of the installation."""

import multiprocessing
from pathlib import Path

import pytest

from evidence import keys, trust
from evidence.errors import KeysError
from kernel.config import Settings
from tests.data.evidence.workshop import AT


def make_in_process(folder: str) -> None:
    """What a second process does at the same time."""
    keys.ensure_keys(Settings(data_dir=Path(folder)), AT)


def test_made_once_private_and_separate(config: Settings) -> None:
    """Same keys at each call, mode 0600, own root for seals and reports."""
    first, second = keys.ensure_keys(config, AT), keys.ensure_keys(config, AT)
    assert first.seal.certificate == second.seal.certificate
    assert len({first.signer(use).issuers[-1] for use in keys.USES}) == 3
    assert (second.log.vkey, second.salt) == (first.log.vkey, first.salt)
    for pattern in ("*.key", "*.salt"):
        for path in (config.keys_path() / "authority").glob(pattern):
            assert path.stat().st_mode & 0o777 == 0o600
    listed = trust.load(config.trust_path())
    for use in keys.USES:
        assert listed.roots(use) == (first.signer(use).issuers[-1],)
    assert listed.keys("log") == (first.log.note_key(),)
    assert listed.keys("log")[0].public_key == first.log.private_key.public_key()


def test_name_of_the_log(tmp_path: Path) -> None:
    """The settings may name it; else it is drawn from the key."""
    named = Settings(data_dir=tmp_path / "a", log_name="log.example.test/wangjian")
    assert keys.ensure_keys(named, AT).log.name == "log.example.test/wangjian"
    assert keys.ensure_keys(Settings(data_dir=tmp_path / "b"), AT).log.name.startswith("wangjian/log/")


def test_folder_of_the_first_form_gets_what_it_lacks(config: Settings) -> None:
    """Seal and report keys stay; node, log and salt are added, and the list of version 1 becomes one of version 2."""
    before = keys.ensure_keys(config, AT)
    for path in (config.keys_path() / "authority").iterdir():
        if path.name.startswith(("node", "log", "redaction")):
            path.unlink()
    listed = trust.load(config.trust_path())
    trust.save(config.trust_path(), trust.Trust(tuple(one for one in listed.anchors if one.use != "node")))
    text = (config.trust_path() / "trust.json").read_text()
    (config.trust_path() / "trust.json").write_text(text.replace('"version": 2, "quorum": 0', '"version": 1'))
    after = keys.ensure_keys(config, AT)
    assert after.seal.certificate == before.seal.certificate
    assert after.node.certificate != before.node.certificate
    assert trust.load(config.trust_path()).roots("node") == (after.node.issuers[-1],)


def test_keys_open_to_others_are_refused(config: Settings) -> None:
    """A key that others can read is no longer exclusive."""
    keys.ensure_keys(config, AT)
    (config.keys_path() / "authority" / "seal.key").chmod(0o644)
    with pytest.raises(KeysError, match="owner alone"):
        keys.ensure_keys(config, AT)


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("name", ["seal.key", "seal.pem", "seal-root.pem", "node.key", "log.key", "redaction.salt"])
def test_damaged_keys(config: Settings, name: str, *, gone: bool) -> None:
    """Damage is told, not repaired by new keys."""
    keys.ensure_keys(config, AT)
    path = config.keys_path() / "authority" / name
    path.write_bytes(b"damaged")
    if gone:
        path.unlink()
    with pytest.raises(KeysError, match=name):
        keys.ensure_keys(config, AT)


def test_key_of_another_certificate(config: Settings) -> None:
    """Key and certificate must belong together."""
    keys.ensure_keys(config, AT)
    folder = config.keys_path() / "authority"
    (folder / "seal.key").write_bytes((folder / "report.key").read_bytes())
    with pytest.raises(KeysError, match="another"):
        keys.ensure_keys(config, AT)
    (folder / "seal.key").write_bytes((folder / "log.key").read_bytes())
    with pytest.raises(KeysError, match="ECDSA"):
        keys.ensure_keys(config, AT)


def test_log_key_of_another_name(config: Settings, tmp_path: Path) -> None:
    """The log's key and its verifier key must belong together."""
    keys.ensure_keys(config, AT)
    other = Settings(data_dir=tmp_path / "other")
    keys.ensure_keys(other, AT)
    (keys.folder_of(config) / "log.vkey").write_bytes((keys.folder_of(other) / "log.vkey").read_bytes())
    with pytest.raises(KeysError, match="another"):
        keys.ensure_keys(config, AT)


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder should be is a typed error."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "keys").mkdir()
    (tmp_path / "data" / "keys" / "authority").write_text("in the way")
    with pytest.raises(KeysError, match="keys"):
        keys.ensure_keys(Settings(data_dir=tmp_path / "data"), AT)


def test_two_processes_make_one_authority(tmp_path: Path) -> None:
    """Whoever comes second uses what is there; nothing is left aside."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=make_in_process, args=(str(tmp_path / "d"),)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sorted(path.name for path in (tmp_path / "d" / "keys").iterdir()) == ["authority", "trust"]
    assert len(trust.load(tmp_path / "d" / "keys" / "trust").anchors) == 3
