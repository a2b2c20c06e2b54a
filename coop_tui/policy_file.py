"""Which policy holds for an installation. Loads no database: the web server reads it too."""

from __future__ import annotations

from coop_tui.settings import Settings
from services.policy import Policy, load_policy


def policy_of(settings: Settings) -> Policy:
    """The policy in the data folder, or the one that the program ships. Raises PolicyError."""
    own = settings.data_dir / "policy.toml"
    return load_policy(own if own.is_file() else None)
