"""Standing work is tried: what fails is written into the log and done again at its next time."""

import logging
from collections.abc import Callable

from kernel.errors import WangjianError

logger = logging.getLogger(__name__)


def attempt(name: str, work: Callable[[], object]) -> bool:
    """Do a piece of standing work. Never raises.

    Args:
        name: of the work, for the log.

    Returns:
        whether it came to its end. A known fault is a line of the log, an unknown one a trace.
    """
    try:
        work()
    except WangjianError as error:
        logger.warning("%s was put off: %s (%s)", name, error.message, error.code)
    except Exception:
        logger.exception("%s failed", name)
    else:
        return True
    return False
