"""Everything the program knows and must not tell: keys, peppers, passwords (req. 58).

Importing this package is cheap: keyring, cryptography and argon2 load inside the functions that need
them, so that the first screen never waits for them.
"""

from data.secrets.errors import SealBroken, SecretsError, SecretsExist, SecretsUnavailable
from data.secrets.hashing import Argon2Params, Hasher
from data.secrets.provision import provision
from data.secrets.secret import Secret
from data.secrets.signing import Signer
from data.secrets.sources import KeyringChoice, SecretName, SecretSources
from data.secrets.store import Secrets, SecretStore, create_secrets

__all__ = [
    "Argon2Params",
    "Hasher",
    "KeyringChoice",
    "SealBroken",
    "Secret",
    "SecretName",
    "SecretSources",
    "SecretStore",
    "Secrets",
    "SecretsError",
    "SecretsExist",
    "SecretsUnavailable",
    "Signer",
    "create_secrets",
    "provision",
]
