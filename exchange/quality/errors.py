"""Errors of data quality."""

from kernel.errors import WangjianError


class QualityError(WangjianError):
    """Base of them."""

    code = "exchange.quality"


class QualityRuleError(QualityError):
    """A file of quality rules cannot be used; the message names rule and field."""

    code = "exchange.quality_rule"


class DataSetUnknownError(QualityError):
    """No rules are kept for this data set."""

    code = "exchange.quality_data_set"


class QualityFileError(QualityError):
    """A table that should be checked is too large, dangerous or not readable. Nothing of it was taken."""

    code = "exchange.quality_file"


class QualityDecisionError(QualityError):
    """A finding cannot be decided like this: it is closed, or the reason lacks."""

    code = "exchange.quality_decision"
