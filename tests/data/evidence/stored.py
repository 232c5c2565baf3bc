"""Small packages put into a store, with the rows of sealed evidence. They are containers, not seals that verify."""

import hashlib
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from evidence import container, intake
from evidence.store import Store
from kernel.models import Evidence
from tests.data.evidence.people import AT


def small_package(folder: Path, evidence_id: str, content: str = "content") -> tuple[Path, str]:
    """A container that names its evidence as a bag does; its path and digest."""
    with tempfile.TemporaryDirectory() as name:
        info, data = Path(name) / "info", Path(name) / "data"
        info.write_text(f"External-Identifier: {evidence_id}\n")
        data.write_text(content)
        target = folder / f"{evidence_id}-{content}.zip"
        with target.open("wb") as stream:
            container.write(stream, [("bag-info.txt", info), ("data/a.txt", data)])
    return target, hashlib.sha256(target.read_bytes()).hexdigest()


def seal_away(session: Session, store: Store, folder: Path, name: str, *, at: datetime = AT, case: str = "") -> str:
    """A sealed row with a package in the store; its id."""
    row = intake.order(
        session, key=name, url=f"http://a.example.test/{name}", shop_id=None, listing_id=None, reason="order",
        purpose="核查", actor="li", at=at, case_number=case,
    )  # fmt: skip
    intake.transition(session, row, intake.CAPTURING, actor="system:capture", at=at)
    intake.transition(session, row, intake.CAPTURED, actor="system:capture", at=at)
    path, digest = small_package(folder, row.id)
    row.store_key, row.size = store.put(path, sha256=digest, until=at), path.stat().st_size
    row.root_sha256 = hashlib.sha256(digest.encode()).hexdigest()
    intake.transition(session, row, intake.SEALED, actor="system:seal", at=at, object_sha256=row.root_sha256)
    return row.id


def fetch_row(session: Session, evidence_id: str) -> Evidence:
    """The row."""
    return session.get_one(Evidence, evidence_id)
