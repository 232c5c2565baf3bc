"""Forms as content."""

import pytest

from evidence.dossier import Dossier
from evidence.forms.evidence_list import evidence_list
from evidence.forms.extraction_record import extraction_record
from evidence.forms.sheet import Grid, Sheet
from tests.data.evidence.records import bare, full


@pytest.mark.parametrize("dossier", [full(), bare()], ids=["full", "bare"])
@pytest.mark.parametrize("form", [extraction_record, evidence_list])
def test_tables_are_even(form: object, dossier: Dossier) -> None:
    """Every row has as many cells as the table has columns."""
    sheet = form(dossier)  # type: ignore[operator]
    assert isinstance(sheet, Sheet)
    for part in sheet.parts:
        if isinstance(part, Grid):
            assert {len(row) for row in part.rows} <= {len(part.shares)}
            assert len(part.header) in {0, len(part.shares)}
