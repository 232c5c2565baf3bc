"""The base of every JSON form."""

from pydantic import BaseModel, ConfigDict


class Out(BaseModel):
    """What the API gives: read from records and values by attribute. Times are RFC 3339, UTC; money is 分."""

    model_config = ConfigDict(from_attributes=True)


class In(BaseModel):
    """What the API takes; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")
