"""The only way out: which addresses crawled pages may make us reach, and the proxy that holds to it."""
