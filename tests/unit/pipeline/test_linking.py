import threading

from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import LinkedRecord, Shop, SubjectLink
from pipeline.linking import catch_up, links
from simulators.linked.faults import Faults
from simulators.linked.registry import code_of
from simulators.linked.server import TOKEN, LinkedServer
from simulators.linked.world import books
from simulators.market.labels import sample_shops
from simulators.market.model import Ports
from simulators.market.wording import read


def test_the_line_tells_what_concerns_the_shops(config: Settings, database: Database) -> None:
    """After all systems were read: by code and by address, other records left out, deleted ones too."""
    server = LinkedServer(books(Ports(), at=now(), extra=10))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    values = {f"linked_{name}_url": server.url(name) for name in server.books}
    tokens = {f"linked_{name}_token": TOKEN for name in server.books}
    settings = Settings.model_validate({"data_dir": config.data_dir, **values, **tokens})
    raw = next(one["merchant"] for one in read("shops")["shops"] if one["slug"] == "kangyuan")
    url = next(one.url for one in sample_shops(Ports()) if "/kangyuan/" in one.url)
    with database.write() as session:
        shop = Shop(url=url, host="pingtai.example.test", seller_code=code_of(raw), created_at=now())
        session.add(shop)
    catch_up(settings, database)
    found = links(database)
    complaints = [one for one in server.books["complaint12315"].entries() if one.fields["SITEURL"] == url]
    assert (found.shops, found.records["penalty"], found.records["credit"]) == (1, 2, 2)
    assert found.records.get("complaint12315", 0) == len(complaints)
    assert "处罚 penalties 2" in found.line()
    server.set_faults(Faults(error=1.0))
    catch_up(settings, database)
    server.close()
    thread.join()
    with database.write() as session:
        session.add(SubjectLink(subject_id=1, kind="shop", key=str(shop.id), relation="runs", state="auto", at=now()))
        session.get_one(LinkedRecord, 1).deleted_at = now()
    assert links(database).tied == 1


def test_without_linked_systems(config: Settings, database: Database) -> None:
    """Nothing is asked and the line says so."""
    catch_up(config, database)
    assert links(database).line() == "主体 tied 0/0 · 处罚 penalties 0 · 投诉 complaints 0 · 信用 credit 0"
