"""Errors of supervision."""

from kernel.errors import WangjianError


class RuleFileError(WangjianError):
    """A rule file cannot be used: not YAML, a field missing, unknown or wrong."""

    code = "supervision.rule_file"


class UnknownRuleError(WangjianError):
    """A rule id that is not in the catalogue."""

    code = "supervision.unknown_rule"


class CaseError(WangjianError):
    """A case cannot be filed so, or cannot take this step."""

    code = "supervision.case"
