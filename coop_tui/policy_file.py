"""The policy that a new store begins with, and the one in force for a program that opens no database itself."""

from __future__ import annotations

import subprocess
import sys

from coop_tui.settings import Settings
from services.errors import StoreUnavailable
from services.policy import Policy, packaged_policy, parse_policy

PATIENCE = 60
"""Seconds that a store may take to tell its policy."""


def first_policy(settings: Settings) -> tuple[bytes, str]:
    """The document of a new store and where it comes from: `file` in its data folder, or `packaged`."""
    own = settings.data_dir / "policy.toml"
    return (own.read_bytes(), "file") if own.is_file() else (packaged_policy(), "packaged")


def policy_in_force(settings: Settings) -> Policy:
    """The store's policy, asked of a process of its own: the door for browsers stays without a database.

    Raises StoreUnavailable, PolicyError.
    """
    command = [sys.executable, "-m", "coop_tui", "--data", str(settings.data_dir), "policy", "show"]
    told = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    if told.returncode:
        raise StoreUnavailable(told.stderr.decode("utf-8", "replace").strip() or None)
    return parse_policy(told.stdout)
