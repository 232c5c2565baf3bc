"""The witnessed log: one append-only Merkle tree over packages and custody events."""
