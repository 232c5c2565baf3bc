"""电子数据清单."""

from evidence.forms.evidence_list import HEADER, evidence_list
from evidence.forms.sheet import Grid
from tests.data.evidence.records import FILES, full


def test_every_original_once() -> None:
    """Number, name, kind, size, digest, source and room for remarks."""
    (grid,) = [part for part in evidence_list(full()).parts if isinstance(part, Grid) and part.header == HEADER]
    assert [row[1] for row in grid.rows] == [file.name for file in FILES]
    assert [row[0] for row in grid.rows] == [str(number) for number in range(1, len(FILES) + 1)]
    first = grid.rows[0]
    assert first[2] == "WACZ 网页档案"
    assert first[3] == "1,834,112"
    assert first[4].replace("\n", "") == FILES[0].sha256
    assert "浏览器收发" in first[5]
    assert first[6] == ""
