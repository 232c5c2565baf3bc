"""One folder a platform: `platform.yml` says what it is, `extract.py` reads its pages. They do not know one another."""
