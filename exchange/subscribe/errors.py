"""Errors of publish and subscribe."""

from kernel.errors import WangjianError


class SubscribeError(WangjianError):
    """A subscription that cannot be: unknown words, no purpose, or not in this state."""

    code = "exchange.subscribe"


class OutOfScopeError(SubscribeError):
    """A data set, field or region that the department may not have."""

    code = "exchange.subscribe.scope"


class CatalogueError(SubscribeError):
    """The catalogue of data sets contradicts itself."""

    code = "exchange.subscribe.catalogue"


class DeliveryError(SubscribeError):
    """The subscriber did not take a delivery; it is tried again."""

    code = "exchange.subscribe.delivery"
