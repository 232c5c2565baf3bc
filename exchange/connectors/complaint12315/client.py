"""12315 消费投诉: the connector. Its records stand for themselves, without the persons."""

from exchange.connectors.complaint12315 import mapping, message
from exchange.connectors.linked import Connector
from exchange.connectors.source import Source


def connector(source: Source | None) -> Connector:
    """The complaint system. Without a source it takes files only."""
    return Connector(
        system=mapping.SYSTEM,
        published=mapping.PUBLISHED,
        key_field=mapping.KEY_FIELD,
        keep=mapping.keep,
        understand=mapping.understand,
        shape=message.shape,
        source=source,
    )
