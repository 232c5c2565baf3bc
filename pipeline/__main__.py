"""``python -m pipeline`` is the ``wangjian`` command."""

import os
import sys

from pipeline.cli import main

PRIVATE = 0o077
"""Records, evidence, pages and logs are for the account that runs the service, not for all on the machine."""

if __name__ == "__main__":
    os.umask(PRIVATE)
    sys.exit(main(sys.argv[1:]))
