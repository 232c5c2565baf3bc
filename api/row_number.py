"""The number of a record as a request gives it."""

from typing import Annotated

from pydantic import Field

RowNumber = Annotated[int, Field(ge=-(2**31), lt=2**31)]
"""What does not fit the column is refused with 422; the database would break over it."""
