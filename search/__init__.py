"""Search over listings: the query language, two engines behind one interface, and the indexer that feeds them."""
