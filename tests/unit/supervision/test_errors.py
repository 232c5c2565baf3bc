"""Errors of supervision."""

from kernel.errors import WangjianError
from supervision.errors import RuleFileError, UnknownRuleError


def test_codes_are_stable() -> None:
    """Machines look at these codes."""
    assert (RuleFileError.code, UnknownRuleError.code) == ("supervision.rule_file", "supervision.unknown_rule")
    assert issubclass(RuleFileError, WangjianError)
    assert RuleFileError("x", hint="y").as_dict()["hint"] == "y"
