"""Endpoints with methods, paths and parameters of their own."""

import random
from typing import Annotated, List

from racetrack_job_wrapper.endpoint_config import Body, EndpointConfig


class TypedEndpoints:
    def perform(self, x: float, y: float) -> float:
        """Adds two numbers."""
        return x + y

    def multiply(self, path: float, query: float, body: Annotated[float, Body()]) -> float:
        """Multiplies three numbers that come from three places."""
        return path * query * body

    def pick(self, start: float, end: float) -> float:
        """A number at random between two others."""
        return random.uniform(start, end)

    def auxiliary_endpoints_v2(self) -> List[EndpointConfig]:
        return [
            EndpointConfig('/multiply/{path}', 'POST', self.multiply, {'tags': ['arithmetic']}),
            EndpointConfig('/random', 'GET', self.pick, {'summary': 'Throws a die with very many sides'}),
        ]

    def docs_input_examples(self):
        return {'/perform': {'x': 40, 'y': 2}, '/multiply/{path}': 2}
