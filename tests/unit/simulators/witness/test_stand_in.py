"""A witness among other stand-ins."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.log import note
from kernel.clock import now
from simulators.witness.stand_in import stand_in


def test_it_says_where_it_is_and_its_key(tmp_path: Path) -> None:
    """The key is in its own folder."""
    log_key = tmp_path / "log.vkey"
    key = Ed25519PrivateKey.generate().public_key()
    log_key.write_text(note.verifier_key("log.example/a", note.LOG, key).render() + "\n")
    one = stand_in({"name": "w.example", "dir": str(tmp_path / "w"), "log-key": str(log_key)}, now())
    told = one.start()
    one.close()
    assert told["name"] == "w.example"
    assert (tmp_path / "w" / "witness.vkey").read_text().strip() == told["vkey"]
