"""A PKCS #11 token in software (SoftHSM), in a folder of its own, with ECDSA keys made inside it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pkcs11
from pkcs11.util.ec import encode_named_curve_parameters

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN, SO_PIN = "1234", "5678"


@dataclass(frozen=True, slots=True)
class SoftToken:
    """A token: its library, its label and its folder."""

    module: str
    label: str
    folder: Path


def make_token(folder: Path, label: str, keys: tuple[str, ...]) -> SoftToken:
    """Make a token with P-256 keys of these labels. SoftHSM must be installed (deploy/system.sh test).

    Effects: files in ``folder``; ``SOFTHSM2_CONF`` of this process and its children.
    """
    module = next(path for path in MODULES if Path(path).exists())
    (folder / "tokens").mkdir(parents=True)
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", SO_PIN]
    subprocess.run(command, check=True, capture_output=True)
    library = pkcs11.lib(module)
    library.reinitialize()
    with library.get_token(token_label=label).open(rw=True, user_pin=PIN) as session:
        curve = encode_named_curve_parameters("1.2.840.10045.3.1.7")
        for name in keys:
            parameters = session.create_domain_parameters(
                pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
            )
            parameters.generate_keypair(store=True, label=name)
    return SoftToken(module, label, folder)
