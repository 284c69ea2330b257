import random
from typing import Callable, Dict


class ExplainedSum:
    def perform(self, x: float, y: float) -> float:
        """Add two numbers."""
        return x + y

    def explain(self, x: float, y: float) -> Dict[str, float]:
        """Tell how much each number has to do with the sum."""
        total = x + y
        return {'x_importance': x / total, 'y_importance': y / total}

    def pick(self, start: float, end: float) -> float:
        """Return a random number within a range."""
        return random.uniform(start, end)

    def auxiliary_endpoints(self) -> Dict[str, Callable]:
        """Further methods, by their path below /api/v1."""
        return {
            '/explain': self.explain,
            '/random': self.pick,
        }

    def docs_input_examples(self) -> Dict[str, Dict]:
        """An example for each endpoint, for the Swagger page."""
        return {
            '/perform': {'x': 40, 'y': 2},
            '/explain': {'x': 1, 'y': 2},
            '/random': {'start': 0, 'end': 10},
        }
