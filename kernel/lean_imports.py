"""Parts of libraries that no process of ours uses, and that are loaded with them unless told otherwise.

Loaded before any other module of ours (by the package itself), so that it comes before the libraries.
"""

import sys

UNUSED = ("httpx._main",)
"""httpx's own command line: it brings rich, pygments and click, 4 MB and 80 modules in every process."""

for _name in UNUSED:
    # To the import system None means: not to be had. httpx goes on without, as where those packages are not installed.
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]
