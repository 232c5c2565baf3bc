"""Linked systems and the national exchange: signed messages, receipts, reconciliation; see docs/architecture.md."""
