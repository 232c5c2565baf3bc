"""Pages in, captures and facts out. Crawling and capture run as processes of their own."""
