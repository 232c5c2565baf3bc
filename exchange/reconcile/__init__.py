"""Daily reconciliation with peers: what both hold is compared, mended, and the result signed by both."""
