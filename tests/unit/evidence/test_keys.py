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
    assert first.seal.issuers[-1] != first.report.issuers[-1]
    for path in (config.keys_path() / "authority").glob("*.key"):
        assert path.stat().st_mode & 0o777 == 0o600
    listed = trust.load(config.trust_path())
    assert listed.roots("seal") == (first.seal.issuers[-1],)
    assert listed.roots("report") == (first.report.issuers[-1],)


def test_keys_open_to_others_are_refused(config: Settings) -> None:
    """A key that others can read is no longer exclusive."""
    keys.ensure_keys(config, AT)
    (config.keys_path() / "authority" / "seal.key").chmod(0o644)
    with pytest.raises(KeysError, match="owner alone"):
        keys.ensure_keys(config, AT)


@pytest.mark.parametrize("name", ["seal.key", "seal.pem", "seal-root.pem"])
def test_damaged_keys(config: Settings, name: str) -> None:
    """Damage is told, not repaired by new keys."""
    keys.ensure_keys(config, AT)
    (config.keys_path() / "authority" / name).write_bytes(b"damaged")
    with pytest.raises(KeysError, match="for seal"):
        keys.ensure_keys(config, AT)


def test_key_of_another_certificate(config: Settings) -> None:
    """Key and certificate must belong together."""
    keys.ensure_keys(config, AT)
    folder = config.keys_path() / "authority"
    (folder / "seal.key").write_bytes((folder / "report.key").read_bytes())
    with pytest.raises(KeysError, match="another"):
        keys.ensure_keys(config, AT)


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder should be is a typed error."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "keys").mkdir()
    (tmp_path / "data" / "keys" / "authority").write_text("in the way")
    with pytest.raises(KeysError, match="write keys"):
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
    assert len(trust.load(tmp_path / "d" / "keys" / "trust").anchors) == 2
