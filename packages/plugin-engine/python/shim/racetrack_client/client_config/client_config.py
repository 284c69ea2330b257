from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Credentials:
    username: str
    password: str
