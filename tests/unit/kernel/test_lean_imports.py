"""What is not loaded with the libraries that are."""

import subprocess
import sys


def test_http_clients_bring_no_command_line() -> None:
    """Httpx works, without the packages that only its command line needs."""
    asked = (
        "import sys, kernel.clock, httpx; print(httpx.Client.__name__, sorted({'rich', 'pygments'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.split() == ["Client", "[]"]
