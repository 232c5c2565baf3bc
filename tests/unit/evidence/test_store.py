"""Opening the store; its behaviour is in tests/contract/test_store.py."""

import pytest

from evidence.errors import StoreError
from evidence.store import open_store
from evidence.store_files import FileStore
from kernel.config import Settings


def test_files_by_default(config: Settings) -> None:
    """Nothing set: files in the data directory."""
    assert isinstance(open_store(config), FileStore)
    assert (config.data_dir / "evidence").is_dir()


@pytest.mark.parametrize("url", ["ftp://x", "/srv/evidence", "s3:/x"])
def test_urls_that_are_not_understood(config: Settings, url: str) -> None:
    """Never guessed."""
    with pytest.raises(StoreError, match="s3://"):
        open_store(config.model_copy(update={"evidence_store_url": url}))
