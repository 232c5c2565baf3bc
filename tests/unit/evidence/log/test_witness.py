"""The client of a witness: the request of the specification, and nothing believed that does not hold."""

import dataclasses
from pathlib import Path

import httpx
import pytest

from evidence.log import merkle, note
from evidence.log.checkpoint import Checkpoint
from evidence.log.errors import (
    LogFormError,
    WitnessDoubtError,
    WitnessError,
    WitnessRefusedError,
    WitnessSizeError,
    WitnessUnavailableError,
)
from evidence.log.note import Note
from evidence.log.witness import Witness, open_witnesses, pinned_key
from kernel.config import Settings
from tests.unit.evidence.log.conftest import AT, Bench, Parties

STORED = merkle.from_leaves([merkle.leaf_hash(bytes([number])) for number in range(9)])


def _signed(parties: Parties, size: int) -> Note:
    return parties.signed(Checkpoint(parties.log.name, size, merkle.root(size, STORED)), 0)


def _answering(parties: Parties, response: httpx.Response) -> tuple[Witness, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        asked.append(request)
        # A body that is still to be read, as it comes over the wire.
        body = httpx.ByteStream(response.content)
        return httpx.Response(response.status_code, headers=response.headers, stream=body)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    return Witness("court", "http://w.example.test/prefix/", parties.witnesses[0].vkey(), "court", client), asked


def _line(parties: Parties, found: Note, number: int = 0) -> str:
    one = parties.witnesses[number]
    return note.cosign(found.text, one.name, one.private_key, AT).line()


def test_the_request_is_that_of_the_specification(parties: Parties) -> None:
    """Old size, proof lines, an empty line, the checkpoint; the answer is the cosignature."""
    found = _signed(parties, 9)
    witness, asked = _answering(parties, httpx.Response(200, text=_line(parties, found)))
    signature = witness.add_checkpoint(6, merkle.consistency(6, 9, STORED), found)
    assert note.verify(Note(found.text, (signature,)), parties.witnesses[0].vkey()) is not None
    assert (asked[0].method, str(asked[0].url)) == ("POST", "http://w.example.test/prefix/add-checkpoint")
    head, _, below = asked[0].content.partition(b"\n\n")
    assert head.split(b"\n")[0] == b"old 6"
    assert len(head.split(b"\n")) == 1 + len(merkle.consistency(6, 9, STORED))
    assert below == found.render()


def test_more_lines_are_passed_over(parties: Parties) -> None:
    """Unknown keys are ignored, as the specification asks."""
    found = _signed(parties, 9)
    witness, _ = _answering(parties, httpx.Response(200, text=_line(parties, found, 1) + _line(parties, found)))
    assert witness.add_checkpoint(0, (), found).name == parties.witnesses[0].name


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        (200, {}, b"", WitnessRefusedError),
        (200, {}, b"\xff", WitnessRefusedError),
        (200, {}, "\u2014 w AAAAAAA=\n".encode(), WitnessRefusedError),
        (200, {}, b"x" * 100_001, WitnessRefusedError),
        (201, {}, b"", WitnessRefusedError),
        (302, {"Location": "http://other.example.test/"}, b"", WitnessRefusedError),
        (400, {}, b"", WitnessRefusedError),
        (403, {}, b"", WitnessRefusedError),
        (404, {}, b"", WitnessRefusedError),
        (409, {"Content-Type": "text/x.tlog.size"}, b"five\n", WitnessRefusedError),
        (409, {"Content-Type": "text/x.tlog.size"}, b"\xff\n", WitnessRefusedError),
        (409, {"Content-Type": "text/plain"}, b"5\n", WitnessRefusedError),
        (409, {}, b"5\n", WitnessRefusedError),
        (422, {}, b"", WitnessDoubtError),
        (500, {}, b"", WitnessRefusedError),
    ],
)
def test_other_answers_are_refusals(
    parties: Parties, status: int, headers: dict[str, str], body: bytes, kind: type[WitnessRefusedError]
) -> None:
    """Each a typed error, none a cosignature."""
    witness, _ = _answering(parties, httpx.Response(status, headers=headers, content=body))
    with pytest.raises(kind) as refused:
        witness.add_checkpoint(0, (), _signed(parties, 9))
    assert not isinstance(refused.value, WitnessSizeError)


def test_a_conflict_tells_the_size(parties: Parties) -> None:
    """409 with the size that the witness knows."""
    response = httpx.Response(409, headers={"Content-Type": "text/x.tlog.size"}, content=b"7\n")
    with pytest.raises(WitnessSizeError) as refused:
        _answering(parties, response)[0].add_checkpoint(0, (), _signed(parties, 9))
    assert refused.value.size == 7


def test_a_cosignature_of_something_else_is_refused(parties: Parties) -> None:
    """Over another tree, by another witness, twice."""
    found = _signed(parties, 9)
    for text in (
        _line(parties, _signed(parties, 8)),
        _line(parties, found, 1),
        _line(parties, found) * 2,
        _line(parties, found).replace(parties.witnesses[0].name, "w.example"),
    ):
        with pytest.raises(WitnessRefusedError):
            _answering(parties, httpx.Response(200, text=text))[0].add_checkpoint(0, (), found)


def test_what_a_witness_has_seen(parties: Parties) -> None:
    """Its newest checkpoint by the hash of the origin; 404 is none."""
    witness, asked = _answering(parties, httpx.Response(200, content=b"note"))
    assert witness.seen("example.com/log") == b"note"
    hashed = "4d3203c8f35cdf600e475f55fede6081a703d3d322f208865fca2ec4f0e030f8"
    assert str(asked[0].url) == f"http://w.example.test/prefix/{hashed}/checkpoint"
    assert _answering(parties, httpx.Response(404))[0].seen("a") is None
    with pytest.raises(WitnessRefusedError):
        _answering(parties, httpx.Response(500))[0].seen("a")


def test_a_witness_that_is_gone(bench: Bench, parties: Parties) -> None:
    """No answer is its own error, for each kind of call."""
    court = open_witnesses(bench.config)[0]
    bench.witnesses.services["court"].close()
    with pytest.raises(WitnessUnavailableError):
        court.add_checkpoint(0, (), _signed(parties, 9))
    with pytest.raises(WitnessUnavailableError):
        court.seen("a")
    with pytest.raises(WitnessUnavailableError):
        dataclasses.replace(court, url="http://[").seen("a")
    court.client.close()


def _settings(tmp_path: Path, parties: Parties, **options: object) -> Settings:
    for number, name in enumerate(("court", "notary")):
        (tmp_path / f"{name}.vkey").write_text(parties.witnesses[number].vkey().render() + "\n")
    (tmp_path / "log.vkey").write_text(parties.log.vkey().render())
    (tmp_path / "again.vkey").write_text(parties.witnesses[0].vkey().render())
    return Settings(**{"data_dir": tmp_path, "witness_keys_dir": str(tmp_path), **options})  # type: ignore[arg-type]


def test_witnesses_come_from_the_settings(tmp_path: Path, parties: Parties) -> None:
    """Name, address, pinned key, and whether they are test trust."""
    urls = "court=http://a.example.test,notary=http://b.example.test/x"
    found = open_witnesses(_settings(tmp_path, parties, witness_urls=urls, witness_test_trust="notary"))
    assert [(one.name, one.kind, one.key) for one in found] == [
        ("court", "court", parties.witnesses[0].vkey()),
        ("notary", "test", parties.witnesses[1].vkey()),
    ]
    for one in found:
        one.client.close()
    assert open_witnesses(_settings(tmp_path, parties, witness_quorum=0)) == ()
    assert pinned_key(Settings(data_dir=tmp_path), "court") is None


@pytest.mark.parametrize(
    "options",
    [
        {"witness_urls": "court"},
        {"witness_urls": "Court=http://a.example.test"},
        {"witness_urls": "other=http://a.example.test"},
        {"witness_urls": "court=http://a.example.test,again=http://b.example.test"},
        {"witness_urls": "court=http://a.example.test,court=http://b.example.test"},
        {"witness_urls": "court=http://a.example.test", "witness_quorum": 2},
        {},
    ],
)
def test_settings_that_name_no_usable_witness(tmp_path: Path, parties: Parties, options: dict[str, object]) -> None:
    """Said at the start, not at the first seal."""
    with pytest.raises(WitnessError):
        open_witnesses(_settings(tmp_path, parties, **options))


def test_a_log_is_no_witness(tmp_path: Path, parties: Parties) -> None:
    """Its key is of the other type."""
    with pytest.raises(LogFormError):
        open_witnesses(_settings(tmp_path, parties, witness_urls="log=http://a.example.test"))
