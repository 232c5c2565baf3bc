"""An authority among other stand-ins."""

from pathlib import Path

from kernel.clock import now
from simulators.tsa.stand_in import stand_in


def test_it_says_where_it_is_and_under_which_root(tmp_path: Path) -> None:
    """The root is in its own folder, the same after a second start."""
    roots = []
    for _ in range(2):
        one = stand_in({"name": "alpha", "dir": str(tmp_path / "a")}, now())
        told = one.start()
        one.close()
        assert told["name"] == "alpha"
        assert str(told["url"]).endswith("/tsa")
        roots.append(Path(str(told["root"])).read_bytes())
    assert roots[0] == roots[1]
