"""A carried medium is hostile: whatever is changed on it is refused, and nothing is written outside our folders."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from exchange.offline import opening, pack
from exchange.offline.errors import (
    ContentError,
    ForeignFileError,
    ManifestError,
    OfflineError,
    RecipientError,
    SignatureError,
    VolumeError,
)
from exchange.offline.hand import Hand
from exchange.offline.manifest import GENESIS, MANIFEST_NAME, Entry, Manifest
from exchange.offline.opening import inspect, read_signed, take_volumes, unpack
from exchange.offline.pack import Order, write_package, write_signed
from kernel.errors import WangjianError
from tests.unit.exchange.offline.conftest import AT, HERE, THERE, Gap, hand

CONTENT = {"messages.jsonl": b"m" * 500, "files/a.bin": bytes(range(256)), "files/empty": b""}


@pytest.fixture
def medium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of twelve small chunks in four volumes."""
    monkeypatch.setattr(pack, "CHUNK_BYTES", 64)
    files = []
    for number, (name, data) in enumerate(CONTENT.items()):
        path = tmp_path / f"source-{number}"
        path.write_bytes(data)
        files.append((name, path))
    folder = tmp_path / "medium"
    write_package(hand(HERE, THERE), Order(1, GENESIS, "移送", 5, volume_bytes=3 * 92), files, folder, at=AT)
    return folder


def _hands(peer: str) -> Hand | None:
    return hand(THERE, HERE) if peer == HERE else None


def _open(medium: Path, work: Path) -> dict[str, bytes]:
    shutil.rmtree(work, ignore_errors=True)
    arrived = inspect(medium, _hands)
    missing = take_volumes(arrived, medium, work / "volumes")
    if missing:
        raise VolumeError(f"expected every volume, got none of {missing}")
    return {name: path.read_bytes() for name, path in unpack(arrived, work / "volumes", work / "content").items()}


def test_a_good_package_opens(medium: Path, tmp_path: Path) -> None:
    """Every file comes out as it went in; nothing in the volumes is readable."""
    assert _open(medium, tmp_path / "work") == CONTENT
    assert len(list(medium.glob("volume-*.bin"))) == 4
    assert b"mmmmmmmm" not in b"".join(path.read_bytes() for path in medium.iterdir())


def test_any_flipped_byte_is_refused(medium: Path, tmp_path: Path) -> None:
    """Every byte of the manifest and its signature, and of the volumes every seventh and the last."""
    for path in sorted(medium.iterdir()):
        data = path.read_bytes()
        step = 1 if path.name == MANIFEST_NAME else 7
        for place in (*range(0, len(data), step), len(data) - 1):
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            with pytest.raises(WangjianError):
                _open(medium, tmp_path / "work")
        path.write_bytes(data)
    assert _open(medium, tmp_path / "work") == CONTENT


def test_a_flip_behind_the_digests_is_refused_by_the_cipher(medium: Path, tmp_path: Path) -> None:
    """Our own copy, damaged after it was checked: told as such, and taken again."""
    arrived = inspect(medium, _hands)
    staging = tmp_path / "volumes"
    assert take_volumes(arrived, medium, staging) == ()
    data = bytearray((staging / "volume-0002.bin").read_bytes())
    data[20] ^= 1
    (staging / "volume-0002.bin").write_bytes(data)
    with pytest.raises(VolumeError, match="our copy"):
        unpack(arrived, staging, tmp_path / "content")
    assert not (tmp_path / "content").exists()
    assert take_volumes(arrived, medium, staging) == ()
    assert unpack(arrived, staging, tmp_path / "content")


def _swap(folder: Path) -> None:
    one, two = folder / "volume-0001.bin", folder / "volume-0002.bin"
    data = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(data)


def _drop(folder: Path) -> None:
    (folder / "volume-0003.bin").unlink()


def _extra(folder: Path) -> None:
    (folder / "autorun.inf").write_bytes(b"x")


def _extra_volume(folder: Path) -> None:
    shutil.copy(folder / "volume-0001.bin", folder / "volume-0005.bin")


def _link(folder: Path) -> None:
    (folder / "volume-0001.bin").rename(folder.parent / "aside")
    (folder / "volume-0001.bin").symlink_to(folder.parent / "aside")


def _dangling(folder: Path) -> None:
    (folder / "volume-0001.bin").unlink()
    (folder / "volume-0001.bin").symlink_to("/nowhere")


def _link_manifest(folder: Path) -> None:
    (folder / MANIFEST_NAME).rename(folder.parent / "aside")
    (folder / MANIFEST_NAME).symlink_to(folder.parent / "aside")


def _folder(folder: Path) -> None:
    (folder / "volume-0001.bin").unlink()
    (folder / "volume-0001.bin").mkdir()


def _pipe(folder: Path) -> None:
    (folder / "volume-0001.bin").unlink()
    os.mkfifo(folder / "volume-0001.bin")


def _grow(folder: Path) -> None:
    with (folder / "volume-0001.bin").open("ab") as stream:
        stream.write(b"x" * 10_000_000)


def _no_manifest(folder: Path) -> None:
    (folder / MANIFEST_NAME).unlink()


def _huge_manifest(folder: Path) -> None:
    with (folder / MANIFEST_NAME).open("ab") as stream:
        stream.truncate(64 << 20)


def _deep_manifest(folder: Path) -> None:
    (folder / MANIFEST_NAME).write_bytes(b"[" * 200_000)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_swap, VolumeError),
        (_drop, VolumeError),
        (_extra, ForeignFileError),
        (_extra_volume, ForeignFileError),
        (_link, ForeignFileError),
        (_dangling, ForeignFileError),
        (_link_manifest, ForeignFileError),
        (_folder, ForeignFileError),
        (_pipe, ForeignFileError),
        (_grow, ForeignFileError),
        (_no_manifest, ForeignFileError),
        (_huge_manifest, ForeignFileError),
        (_deep_manifest, ManifestError),
    ],
)
def test_a_spoilt_medium_is_refused(
    medium: Path, tmp_path: Path, spoil: Callable[[Path], None], error: type[OfflineError]
) -> None:
    """With the error that says what it is."""
    spoil(medium)
    with pytest.raises(error):
        _open(medium, tmp_path / "work")


def _signed_again(medium: Path, change: Callable[[Manifest], Manifest]) -> None:
    """A sender we know who lies in a manifest it signs."""
    arrived = inspect(medium, _hands)
    text = change(arrived.manifest).text()
    write_signed(medium / MANIFEST_NAME, text, hand(HERE, THERE))


def _rename(name: str) -> Callable[[Manifest], Manifest]:
    return lambda found: replace(found, entries=(replace(found.entries[0], name=name), *found.entries[1:]))


@pytest.mark.parametrize(
    "name",
    [
        "../escape",
        "/etc/x",
        "files/../../x",
        "files//x",
        "a/b",
        "",
        ".hidden",
        "files/.x",
        "x\x00y",
        "..",
        "files/",
        "中",
    ],
)
def test_names_that_leave_the_folder_are_refused(medium: Path, tmp_path: Path, name: str) -> None:
    """Even signed by a sender we know."""
    _signed_again(medium, _rename(name))
    with pytest.raises(ManifestError):
        _open(medium, tmp_path / "work")


def _bomb(found: Manifest) -> Manifest:
    return replace(found, entries=(replace(found.entries[0], size=1 << 39), *found.entries[1:]))


def _huge(found: Manifest) -> Manifest:
    return replace(found, entries=tuple(replace(one, size=1 << 40) for one in found.entries))


def _twice(found: Manifest) -> Manifest:
    return replace(found, entries=(found.entries[0], replace(found.entries[1], name=found.entries[0].name)))


def _no_files(found: Manifest) -> Manifest:
    return replace(found, entries=())


def _fewer_chunks(found: Manifest) -> Manifest:
    return replace(found, volumes=found.volumes[:-1])


def _other_order(found: Manifest) -> Manifest:
    return replace(found, volumes=found.volumes[::-1])


def _no_chunks(found: Manifest) -> Manifest:
    return replace(found, chunk_bytes=0)


def _wide_chunks(found: Manifest) -> Manifest:
    return replace(found, chunk_bytes=1 << 30)


@pytest.mark.parametrize(
    "change", [_bomb, _huge, _twice, _no_files, _fewer_chunks, _other_order, _no_chunks, _wide_chunks]
)
def test_sizes_that_do_not_add_up_are_refused(
    medium: Path, tmp_path: Path, change: Callable[[Manifest], Manifest]
) -> None:
    """Before a byte is written: a bomb needs content that its volumes cannot hold."""
    _signed_again(medium, change)
    with pytest.raises(ManifestError):
        _open(medium, tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_content_that_is_not_what_the_manifest_says_is_refused(medium: Path, tmp_path: Path) -> None:
    """A sender's own fault: the cipher opens, the digest of a file does not fit; nothing stays."""
    _signed_again(
        medium, lambda found: replace(found, entries=(Entry("messages.jsonl", 500, "0" * 64), *found.entries[1:]))
    )
    with pytest.raises(ContentError):
        _open(medium, tmp_path / "work")
    assert not (tmp_path / "work" / "content").exists()
    _signed_again(medium, lambda found: replace(found, sealed_key=b"other"))
    with pytest.raises(ContentError):
        _open(medium, tmp_path / "work")


def test_for_somebody_else_or_from_nobody_is_refused(medium: Path) -> None:
    """Wrong recipient, unknown sender, another suite, another's signature."""
    with pytest.raises(RecipientError):
        inspect(medium, lambda peer: hand("440000", peer))
    with pytest.raises(SignatureError):
        inspect(medium, lambda _: None)
    with pytest.raises(SignatureError):
        inspect(medium, lambda peer: hand(THERE, peer, "stronger"))
    with pytest.raises(SignatureError):
        inspect(medium, lambda _: hand(THERE, "999999"))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b'{"signature":{},"text":5}\n', b'{"signature":[],"text":"x"}\n', b'{"a":1}\n']
)
def test_signed_text_has_one_form(tmp_path: Path, data: bytes) -> None:
    """Anything else is not read."""
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ManifestError):
        read_signed(tmp_path / "x")


def test_a_full_disk_is_said_before(medium: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is no fault of the package."""
    monkeypatch.setattr(opening, "SPARE_BYTES", 1 << 60)
    arrived = inspect(medium, _hands)
    with pytest.raises(OfflineError, match="room"):
        take_volumes(arrived, medium, tmp_path / "volumes")


def test_half_written_copies_of_a_killed_run_do_not_count(gap: Gap) -> None:
    """What lies under another name is written anew."""
    medium = gap.send(CONTENT)
    staging = gap.folder / "incoming" / "310115-310000-000001"
    (staging / "volumes").mkdir(parents=True)
    (staging / "volumes" / ".volume-0001.bin.part").write_bytes(b"half")
    (staging / ".content.part").mkdir()
    (staging / ".content.part" / "messages.jsonl").write_bytes(b"half")
    assert gap.open(medium).state == "accepted"
    assert gap.taken == [CONTENT]


def test_the_manifest_is_readable_without_us(medium: Path) -> None:
    """JSON with the text that is signed; who carries it can see for whom it is."""
    body = json.loads((medium / MANIFEST_NAME).read_bytes())
    said = json.loads(body["text"])
    assert (said["receiver"], said["number"], said["messages"]) == (THERE, 1, 5)
