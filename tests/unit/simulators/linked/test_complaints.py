from datetime import date

from exchange.connectors.complaint12315.mapping import PUBLISHED
from simulators.linked.complaints import entries
from simulators.market.model import Ports


def test_complaints() -> None:
    """Published fields, persons among them; on shops of the market by address, and on others."""
    found = dict(entries(Ports(8610, 8611), date(2026, 11, 25), extra=20))
    assert all(set(fields) == set(PUBLISHED) for fields in found.values())
    assert all(fields["CONSTEL"] for fields in found.values())
    urls = [str(fields["SITEURL"]) for fields in found.values()]
    assert urls.count("") == 20
    assert all("example.test:86" in url for url in urls if url)
