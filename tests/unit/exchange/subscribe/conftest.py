"""A small catalogue in place of the real one, and a subscriber that can be out of order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exchange.subscribe import contract, delivery, feed
from exchange.subscribe.catalogue import Catalogue, read_catalogue
from exchange.subscribe.contract import Wish
from exchange.subscribe.delivery import Ways
from exchange.subscribe.errors import DeliveryError
from kernel.db import Database
from tests.unit.exchange.conftest import NewRecords

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
CATALOGUE = """
data_sets:
  firm:
    title: [主体, Firms]
    standard: GB 32100-2015
    key: id
    fields:
      id: {title: [编号, Number], kind: text}
      name: {title: [名称, Name], kind: text}
      state: {title: [状态, State], kind: text}
      phone: {title: [电话, Telephone], kind: text, personal: true}
departments:
  TAX:
    title: [税务, Taxation]
    hosts: [hook.tax.example.test]
    scopes:
      firm: {fields: [id, name, state], regions: ["31"]}
  QTS:
    title: [质监, Quality]
    scopes:
      firm: {fields: [id, phone]}
"""


@dataclass
class House:
    """Records, a subscriber that keeps what it gets, and whether it answers."""

    database: Database
    folder: Path
    got: list[tuple[str, bytes]] = field(default_factory=list)
    answers: bool = True
    at: datetime = AT

    def ways(self) -> Ways:
        """As the duty has them; ten seconds between tries."""

        def post(target: str, body: bytes) -> None:
            self.got.append((target, body))
            if not self.answers:
                raise DeliveryError("expected 2xx, got 500")

        return Ways(post, self.folder / "files", lambda _tries, at: at + timedelta(seconds=10))

    def publish(
        self, number: int, *, region: str = "310115", version: int = 1, op: str = "UPSERT", **row: object
    ) -> int:
        """A change of one firm."""
        body = {"name": f"上海{number}(测试)有限公司", "state": "active", "phone": "000", **row}
        with self.database.write() as session:
            return feed.publish(
                session, "firm", str(number), version, body if op == "UPSERT" else {}, at=self.at, op=op, region=region
            )

    def subscribe(self, **change: object) -> int:
        """An approved subscription of the tax office to everything."""
        given: dict[str, object] = {
            "subscriber": "TAX", "data_set": "firm", "purpose": "税源比对", "legal_basis": "税收征收管理法 第6条",
            "channel": "file", "from_now": False, **change,
        }  # fmt: skip
        with self.database.write() as session:
            row = contract.ask(session, Wish(**given), actor="li", at=self.at)  # type: ignore[arg-type]
            contract.move(session, row.id, "approve", actor="wang", reason="", at=self.at)
            return row.id

    def deliver(self, goes_on: Callable[[], bool] = lambda: True) -> int:
        """One turn of the duty."""
        return delivery.deliver(self.database, self.ways(), at=self.at, goes_on=goes_on)

    def files(self, subscription: int, subscriber: str = "TAX") -> list[dict[str, object]]:
        """What lies in the folder of a subscription, in order."""
        folder = self.folder / "files" / f"{subscriber}-{subscription}"
        paths = sorted(folder.glob("*.json"), key=lambda path: int(path.stem.rsplit("-", 1)[1]))
        return [delivery.read_body(path.read_bytes()) for path in paths]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """The small catalogue."""
    found = read_catalogue(CATALOGUE)
    for module in (contract, delivery, feed):
        monkeypatch.setattr(module, "catalogue", lambda: found)
    return found


@pytest.fixture
def house(new_records: NewRecords, tmp_path: Path) -> House:
    """An installation."""
    return House(new_records("house"), tmp_path)
