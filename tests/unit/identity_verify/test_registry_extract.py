"""An extract as values by field; silence is not a claim."""

from collections.abc import Callable

from identity_verify.precedence import rank
from identity_verify.registry_extract import RegistryExtract, claims_of, faults


def test_every_value_has_a_field_that_the_registry_speaks_on(extract: Callable[..., RegistryExtract]) -> None:
    """Nothing of an extract is lost for want of a row in the table."""
    values = claims_of(extract())
    assert len(values) == 15
    assert all(rank(field, "registry") == 0 for field in values)
    assert values["established_on"] == "2020-01-06"


def test_what_is_empty_is_not_claimed(extract: Callable[..., RegistryExtract]) -> None:
    """A source that does not carry an address says nothing of the address."""
    silent = extract(address="", scope="", persons=(), websites=(), capital_fen=None, established_on=None)
    assert not faults(silent)
    assert not {"address", "scope", "persons", "websites", "capital_fen", "established_on"} & set(claims_of(silent))
    assert claims_of(extract(capital_fen=0))["capital_fen"] == 0
