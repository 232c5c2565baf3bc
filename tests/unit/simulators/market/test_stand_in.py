"""The market among other stand-ins."""

import csv
import io
from pathlib import Path

from kernel.clock import now
from simulators.market.stand_in import stand_in


def test_it_says_its_ports_its_authority_and_its_shops() -> None:
    """What a run over it needs; nothing is left when it is closed."""
    one = stand_in({"day": "1"}, now())
    told = one.start()
    try:
        rows = list(csv.DictReader(io.StringIO(str(told["shops"]))))
        assert len(rows) >= 14
        assert any(f":{told['http_port']}/" in row["url"] for row in rows)
        assert any(f":{told['tls_port']}/" in row["url"] for row in rows)
        assert Path(str(told["ca_file"])).is_file()
    finally:
        one.close()
    assert not Path(str(told["ca_file"])).exists()
