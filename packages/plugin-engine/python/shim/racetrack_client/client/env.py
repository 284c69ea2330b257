from __future__ import annotations


def merge_env_vars(a: dict[str, str] | None, b: dict[str, str] | None) -> dict[str, str]:
    """Joins two sets of variables; the second wins."""
    return {**(a or {}), **(b or {})}
