"""行政处罚: the connector. Its records stand for themselves."""

from functools import partial

from exchange.connectors.linked import assemble
from exchange.connectors.penalty import mapping, message

connector = partial(assemble, mapping.FIELDS, message.shape)
"""The system, given its HTTP side or none."""
