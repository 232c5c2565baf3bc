"""The S3 store's own edges; its behaviour is in tests/contract/test_store.py."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from evidence import store_s3
from evidence.errors import StoreError
from evidence.store_s3 import S3Store
from kernel.config import Settings


class Fake:
    """A client that answers as told: an error code, or nothing."""

    def __init__(self, code: str) -> None:
        self.code = code

    def head_bucket(self, **_: object) -> None:
        """There."""

    def __getattr__(self, name: str) -> object:
        def call(**_: object) -> object:
            raise ClientError({"Error": {"Code": self.code, "Message": "m"}}, name)

        return call


@pytest.mark.parametrize("code", ["AccessDenied", "InternalError"])
def test_other_refusals_are_store_errors(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is neither missing nor taken is told as it is."""
    monkeypatch.setattr("evidence.store_s3.boto3.client", lambda *_, **__: Fake(code))
    store = S3Store(Settings(evidence_store_url="s3://bucket"))
    assert not store.locked
    for call in (store.exists, store.check, lambda key: store.fetch(key, tmp_path / "x")):
        with pytest.raises(StoreError, match=code):
            call("0" * 64)


def test_files_that_cannot_be_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that is gone, or too big for one object."""
    monkeypatch.setattr("evidence.store_s3.boto3.client", lambda *_, **__: Fake("404"))
    store = S3Store(Settings(evidence_store_url="s3://bucket/prefix"))
    assert store.name("ab" * 32) == f"prefix/ab/{'ab' * 32}"
    with pytest.raises(StoreError):
        store.put(tmp_path / "nothing", sha256="0" * 64)
    monkeypatch.setattr(store_s3, "MAX_PUT_BYTES", 1)
    (tmp_path / "two").write_bytes(b"xx")
    digest = "5dde896887f6754c9b15bfe3a441ae4806df2fde94001311e08bf110622e0bbe"
    with pytest.raises(StoreError, match="at most"):
        store.put(tmp_path / "two", sha256=digest)
