"""The base of every JSON form."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Out(BaseModel):
    """What the API gives: read from records and values by attribute. Times are RFC 3339, UTC; money is 分."""

    model_config = ConfigDict(from_attributes=True)


class In(BaseModel):
    """What the API takes; unknown fields are refused, and so is text that no encoding can carry."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_half_characters(cls, values: Any) -> Any:
        # JSON can write half of a surrogate pair, and no database takes it.
        json.dumps(values, ensure_ascii=False).encode()
        return values
