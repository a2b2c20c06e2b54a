"""Where a request comes from, and whether it is meant for this server at all."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: One household has as many IPv6 addresses as it likes, all in one network of this length.
IPV6_PREFIX = 64
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class UnclearOrigin(Exception):
    """A trusted proxy told no address where the request's should be."""


@dataclass(frozen=True, slots=True)
class PublicUrl:
    """The address that browsers use: `https://coop.example` or, on this machine alone, `http://127.0.0.1:8000`.

    `text` has no path; it is what a browser sends as Origin. `host` is what it sends as Host.
    """

    text: str
    host: str
    secure: bool

    @property
    def websocket(self) -> str:
        """The same place for a websocket: `wss://…` or `ws://…`."""
        return "ws" + self.text.removeprefix("http")


def public_url(text: str) -> PublicUrl:
    """The address in `text`, in the spelling of browsers. Raises ValueError with a Spanish reason."""
    parts = urlsplit(text)
    scheme, name = parts.scheme.lower(), parts.hostname
    if scheme not in ("http", "https") or not name or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("la dirección pública es como https://coop.example, sin ruta")
    if parts.username is not None or parts.password is not None:
        raise ValueError("la dirección pública no lleva usuario ni contraseña")
    if scheme == "http" and name not in LOOPBACK_NAMES:
        raise ValueError("fuera de esta máquina la dirección pública empieza con https://")
    shown = f"[{name}]" if ":" in name else name.encode("idna").decode("ascii")
    usual = 443 if scheme == "https" else 80
    host = shown if parts.port in (None, usual) else f"{shown}:{parts.port}"
    return PublicUrl(f"{scheme}://{host}", host, scheme == "https")


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The proxies that are believed. Raises ValueError for what is no address or network."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def origin_of(peer: str, forwarded: Iterable[str], trusted: tuple[Network, ...]) -> str:
    """What throttles and caps count by: the client's IPv4 address or IPv6 network.

    `forwarded`: the X-Forwarded-For headers, believed from a trusted peer alone and read from the right, where each
    proxy wrote whom it saw; what a client writes itself stands further left. Raises UnclearOrigin.
    """
    address = _address(peer)
    told = [entry.strip() for header in forwarded for entry in header.split(",")]
    while told and _trusted(address, trusted):
        address = _address(told.pop())
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))


def _address(text: str) -> Address:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise UnclearOrigin from None
    return getattr(address, "ipv4_mapped", None) or address


def _trusted(address: Address, trusted: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)
