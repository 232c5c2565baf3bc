"""Certificates of captured sites: from the connection, and never waved through."""

import hashlib
import io

import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from tests.servers.capture_bench import Bench, read_json, read_warc, responses

pytestmark = [pytest.mark.browser]


def test_tls_chain_comes_from_the_connection(bench: Bench) -> None:
    """The DER files are the server's own certificates; protocol, cipher and verdict are recorded."""
    result, out = bench.capture(bench.tls_url("good"))
    assert result["ok"], result
    main = result["result"]["main_document"]
    assert main["tls_verdict"] == {"state": "valid", "error": ""}
    leaf = bench.tls["good"][1]
    name = hashlib.sha256(leaf).hexdigest()
    assert main["certificates"][0] == name
    assert (out / f"data/net/tls/{name}.der").read_bytes() == leaf
    chains = read_json(out, "data/net/chains.json")
    assert chains[0]["origin"] == bench.tls_url("good").rstrip("/")
    assert chains[0]["remote_address"] == "127.0.0.1"
    assert chains[0]["certificates"][0]["names"] == ["good.example.test"]
    _, warc = read_warc(out)
    record, _ = responses(warc)[bench.tls_url("good")]
    assert record.rec_headers["WARC-Cipher-Suite"]
    assert "tls/1.3" in [value for key, value in record.rec_headers.headers if key == "WARC-Protocol"]
    told = b"".join(r.raw_stream.read() for r in ArchiveIterator(io.BytesIO(warc)) if r.rec_type == "metadata")
    assert name.encode() in told
    clean = read_json(out, "data/env/clean.json")
    assert clean["browser"]["extra_roots"]["file"] == str(bench.authority.file)
    assert clean["browser"]["certificate_errors_ignored"] is False
    assert len(clean["browser"]["executable_sha256"]) == 64


@pytest.mark.parametrize(
    ("name", "error"), [("expired", "net::ERR_CERT_DATE_INVALID"), ("foreign", "net::ERR_CERT_AUTHORITY_INVALID")]
)
def test_bad_certificate_only_by_order(bench: Bench, name: str, error: str) -> None:
    """A bad certificate fails the capture; by an officer's order it is captured with the verdict."""
    refused, out = bench.capture(bench.tls_url(name))
    assert refused["error"]["code"] == "capture.tls_invalid"
    assert refused["error"]["context"]["error"] == error
    assert not out.exists()
    result, out = bench.capture(bench.tls_url(name), accept_bad_tls=True)
    assert result["ok"], result
    assert result["result"]["main_document"]["tls_verdict"] == {"state": "invalid", "error": error}
    assert read_json(out, "data/env/clean.json")["browser"]["certificate_errors_ignored"] is True
    leaf = hashlib.sha256(bench.tls[name][1]).hexdigest()
    assert (out / f"data/net/tls/{leaf}.der").is_file()
