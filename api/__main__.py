"""``python -m api``: the interface and its replay origin in one process, on their two ports."""

import asyncio
import contextlib

import uvicorn

from api.app import create_app
from api.replay import create_replay_app
from kernel.config import Settings, settings
from kernel.free_memory import settle


def servers(config: Settings) -> tuple[uvicorn.Server, uvicorn.Server]:
    """The two servers, not started yet. Both bind the same address."""
    web = uvicorn.Config(
        create_app(config), host=config.web_host, port=config.web_port, log_level="warning", access_log=False,
        server_header=False,
    )  # fmt: skip
    replay = uvicorn.Config(
        create_replay_app(config),
        host=config.web_host,
        port=config.replay_port,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    return uvicorn.Server(web), uvicorn.Server(replay)


async def serve(config: Settings) -> None:
    """Serve until told to stop; when one server ends, so does the other."""
    web, replay = servers(config)
    settle()  # what there is stays: looking through it again and again would hold answers up
    tasks = [asyncio.create_task(server.serve()) for server in (web, replay)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    web.should_exit = replay.should_exit = True
    await asyncio.gather(*tasks)


def main() -> None:
    """Serve with the settings of the environment."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(settings()))


if __name__ == "__main__":
    main()
