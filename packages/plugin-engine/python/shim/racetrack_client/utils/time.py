from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    return datetime.now(timezone.utc)


def datetime_to_timestamp(dt: datetime) -> int:
    return int(dt.timestamp())
