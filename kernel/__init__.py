"""Shared words of the house: configuration, records, errors, time, digests, identifiers. No business."""
