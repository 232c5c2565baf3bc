"""Errors of reconciliation."""

from kernel.errors import WangjianError


class ReconcileError(WangjianError):
    """What a peer sent in a reconciliation cannot be used, or does not fit what it sent before."""

    code = "exchange.reconcile"


class MovedError(ReconcileError):
    """The rows changed while they were compared; the comparison begins anew."""

    code = "exchange.reconcile.moved"
