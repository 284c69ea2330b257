"""What a job's method `auxiliary_endpoints_v2` returns a list of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Union

__all__ = ['Body', 'EndpointConfig']


class Body:
    """Mark of a parameter that comes from the body although it would fit into an address:
    `factor: Annotated[float, Body()]`."""


@dataclass
class EndpointConfig:
    #: Below `/api/v1`; `{name}` stands for any text without a slash, and is a parameter of the handler.
    path: str
    #: `HTTPMethod.GET`, `HTTPMethod.POST`, or the word.
    method: Union[str, Any]
    #: Its annotated parameters come from the path, the query and the body.
    handler: Callable[..., Any]
    #: For the documentation: `tags`, `summary`, `description`, `deprecated`.
    other_options: Dict[str, Any] = field(default_factory=dict)
