"""Signatures of reports."""

import pytest

from evidence import pades
from evidence.errors import ContentMismatchError, EvidenceError, MalformedError, SignatureError, UntrustedError
from tests.data.evidence.forge import Bag, flip
from tests.data.evidence.workshop import AT, Workshop


def test_holds_under_the_report_root_alone(workshop: Workshop, bag: Bag) -> None:
    """The seal's root does not vouch for reports."""
    pdf = bag.files["report.pdf"]
    assert pades.check(pdf, workshop.keys.report.issuers, AT)[0] == workshop.keys.report.certificate
    with pytest.raises(UntrustedError):
        pades.check(pdf, workshop.keys.seal.issuers, AT)


def test_every_signed_byte_counts(workshop: Workshop, bag: Bag) -> None:
    """Flips all over the file, later revisions, hidden bytes.

    Inside the signature itself some bytes bind nothing (copies of certificates that no path needs); the
    closing list of the package binds the file as a whole, see the corpus.
    """
    pdf = bag.files["report.pdf"]
    start = pdf.index(b"/Contents <") + 12
    end = pdf.index(b">", start)
    signed = [place for place in range(0, len(pdf), 997) if not start <= place < end]
    for place in [*signed, start, start + 100]:
        with pytest.raises(EvidenceError):
            pades.check(flip(pdf, place), workshop.keys.report.issuers, AT)
    with pytest.raises(ContentMismatchError):
        pades.check(pdf + b"\n", workshop.keys.report.issuers, AT)
    with pytest.raises(MalformedError, match="exactly one"):
        pades.check(b"%PDF-1.7", workshop.keys.report.issuers, AT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"/ByteRange [0 41 51 0]" + b"x" * 19 + b"<30030201zz>"[:10], "hexadecimal"),
        (b"/ByteRange [0 41 51 0]" + b"x" * 19 + b"x300302010>", "outside|hexadecimal"),
        (b"/ByteRange [0 41 51 0]" + b"x" * 19 + b"<30000001>", "hidden"),
        (b"/ByteRange [0 41 51 0]" + b"x" * 19 + b"<zzzzzzzz>", "hexadecimal"),
    ],
)
def test_broken_containers(workshop: Workshop, text: bytes, words: str) -> None:
    """What stands between the ranges must be one hexadecimal signature and zeros."""
    with pytest.raises(EvidenceError, match=words):
        pades.check(text, workshop.keys.report.issuers, AT)


def test_quoted_root(bag: Bag) -> None:
    """One root, found as text."""
    assert len(pades.quoted_root(bag.files["report.pdf"])) == 64
    with pytest.raises(SignatureError):
        pades.quoted_root(b"nothing")
