"""``python -m pipeline`` is the ``wangjian`` command."""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
