import hashlib
from pathlib import Path

from simulators.linked.files import as_csv, as_xlsx, as_xml, drop

ROWS = [{"a": "一", "b": "1&2"}, {"a": "", "b": "3"}]


def test_files_with_their_digest(tmp_path: Path) -> None:
    """Each form is made, and the digest is that of its bytes."""
    for name, data in (("x.csv", as_csv(ROWS)), ("x.xlsx", as_xlsx(ROWS)), ("x.xml", as_xml(ROWS))):
        path = drop(tmp_path, name, data)
        assert path.with_name(f"{name}.sha256").read_text().split()[0] == hashlib.sha256(data).hexdigest()
    assert as_csv(ROWS).decode("gb18030").splitlines()[1] == "一,1&2"
