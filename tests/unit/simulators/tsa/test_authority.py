"""The timestamp authority itself."""

from pathlib import Path

from asn1crypto import tsp  # type: ignore[import-untyped]
from cryptography import x509

from simulators.tsa.authority import answer, load_or_make, make
from tests.data.evidence.forge import request_for
from tests.data.evidence.workshop import AT


def test_keys_are_kept(tmp_path: Path) -> None:
    """The second start uses what the first made."""
    first, again = load_or_make("a", tmp_path / "a", AT), load_or_make("a", tmp_path / "a", AT)
    assert (first.root, first.crl) == (again.root, again.crl)
    listed = x509.load_der_x509_crl(first.crl)
    assert listed.is_signature_valid(first.root.public_key())  # type: ignore[arg-type]
    assert len(listed) == 0
    (tmp_path / "a" / "root.crl").unlink()
    assert load_or_make("a", tmp_path / "a", AT).crl == b""


def test_faults_lie_as_asked() -> None:
    """Each fault changes what it names and nothing else is needed to see it."""
    authority, _ = make("a", AT)
    good = tsp.TimeStampResp.load(answer(authority, request_for(b"x"), AT))
    info = good["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert info["gen_time"].native == AT
    late = tsp.TimeStampResp.load(answer(authority, request_for(b"x"), AT, "clock+3600"))
    lied = late["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert (lied["gen_time"].native - AT).total_seconds() == 3600
    assert answer(authority, request_for(b"x"), AT, "reject") == answer(authority, request_for(b"y"), AT, "reject")
