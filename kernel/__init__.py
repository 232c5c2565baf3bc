"""Shared words of the house: configuration, records, errors, time, digests, identifiers. No business."""

from kernel import lean_imports as lean_imports
