"""行政处罚: the connector. Its records stand for themselves."""

from exchange.connectors.linked import Connector
from exchange.connectors.penalty import mapping, message
from exchange.connectors.source import Source


def connector(source: Source | None) -> Connector:
    """The penalty system. Without a source it takes files only."""
    return Connector(
        system=mapping.SYSTEM,
        published=mapping.PUBLISHED,
        key_field=mapping.KEY_FIELD,
        keep=mapping.keep,
        understand=mapping.understand,
        shape=message.shape,
        source=source,
    )
