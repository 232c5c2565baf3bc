"""``python -m pipeline`` is the ``wangjian`` command."""

import gc
import os
import sys
from importlib import import_module

PRIVATE = 0o077
"""Records, evidence, pages and logs are for the account that runs the service, not for all on the machine."""

if __name__ == "__main__":
    os.umask(PRIVATE)
    gc.disable()  # what is loaded stays: to look for garbage in it took a sixth of a short command
    sys.exit(import_module("pipeline.cli").main(sys.argv[1:]))
