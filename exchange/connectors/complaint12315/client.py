"""12315 消费投诉: the connector. Its records stand for themselves, without the persons."""

from functools import partial

from exchange.connectors.complaint12315 import mapping, message
from exchange.connectors.linked import assemble

connector = partial(assemble, mapping.FIELDS, message.shape)
"""The system, given its HTTP side or none."""
