"""What the pages and the API read: plain functions over a session, with the reader's scope in the query."""
