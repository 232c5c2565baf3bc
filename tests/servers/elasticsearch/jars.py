"""The jars of the node: fetched once by Maven, each checked against the list that is checked in."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

VERSION = "9.2.0"
HERE = Path(__file__).resolve().parent
FETCH_TIMEOUT_S = 600
_TRANSPORT = "transport-netty4"
_METADATA = f"META-INF/es-plugins/{_TRANSPORT}"


class JarsMissingError(Exception):
    """The jars are not there and could not be fetched, or are not the ones we know."""


def cache_folder() -> Path:
    """Where the jars are kept between runs, outside the tree."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "wangjian" / f"elasticsearch-{VERSION}"


def known_digests() -> dict[str, str]:
    """File name to SHA-256, hex, of every jar."""
    lines = (HERE / "jars.sha256").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def ensure_jars() -> Path:
    """The folder with exactly the known jars; fetched when it is not there.

    Raises:
        JarsMissingError: Maven is missing or failed, or a jar has another digest.

    Effects: writes the cache folder; asks the Maven repository that Maven is configured for.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "fetch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        jars = folder / "jars"
        if not jars.is_dir():
            _fetch(folder, jars)
        _check(jars)
    return jars


def _fetch(folder: Path, jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise JarsMissingError(f"expected Maven, to fetch the Elasticsearch {VERSION} jars: apt-get install maven")
    partial = folder / "jars.partial"
    shutil.rmtree(partial, ignore_errors=True)
    command = [maven, "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={partial}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False)
    if done.returncode:
        raise JarsMissingError(f"expected Maven to fetch the jars, got {done.stdout[-1_000:]}{done.stderr[-1_000:]}")
    _check(partial)
    partial.rename(jars)


def _check(jars: Path) -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in jars.glob("*.jar")}
    known = known_digests()
    if found != known:
        odd = sorted(name for name in found.keys() | known.keys() if found.get(name) != known.get(name))
        raise JarsMissingError(f"expected the jars of jars.sha256 in {jars}, these differ: {', '.join(odd)}")


def make_home(jars: Path, home: Path) -> None:
    """Lay out a node's home directory from the jars (linked, not copied)."""
    library, module = home / "lib", home / "modules" / _TRANSPORT
    for folder in (library, module, home / "plugins", home / "config", home / "data", home / "logs"):
        folder.mkdir(parents=True)
    for jar in jars.glob("*.jar"):
        in_module = jar.name.startswith(("netty-", _TRANSPORT))
        ((module if in_module else library) / jar.name).symlink_to(jar)
    _write_descriptor(module, jars / f"{_TRANSPORT}-{VERSION}.jar")


def _write_descriptor(module: Path, jar: Path) -> None:
    with zipfile.ZipFile(jar) as archive:
        descriptor = archive.read(f"{_METADATA}/plugin-descriptor.properties").decode()
        policy = archive.read(f"{_METADATA}/entitlement-policy.yaml")
    # Loaded from the class path the jars are no Java module; naming one stops the start.
    lines = [line for line in descriptor.splitlines() if not line.startswith("modulename=")]
    (module / "plugin-descriptor.properties").write_text("\n".join(lines) + "\n")
    (module / "entitlement-policy.yaml").write_bytes(policy)
