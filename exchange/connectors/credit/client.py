"""信用监管: the connector. Its records stand for themselves."""

from functools import partial

from exchange.connectors.credit import mapping, message
from exchange.connectors.linked import assemble

connector = partial(assemble, mapping.FIELDS, message.shape)
"""The system, given its HTTP side or none."""
