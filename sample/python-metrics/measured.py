import random
import threading
import time
from typing import Any, Dict, List


class MeasuredJob:
    def __init__(self):
        self.lock = threading.Lock()
        self.positives = 0
        self.wasted_seconds = 0.0

    def perform(self) -> float:
        """Return a random number between -1 and 1, and keep count."""
        started_at = time.perf_counter()
        number = random.uniform(-1, 1)
        with self.lock:
            self.positives += number > 0
            self.wasted_seconds += time.perf_counter() - started_at
        return number

    def metrics(self) -> List[Dict[str, Any]]:
        """What `/metrics` shows beside the wrapper's own numbers, asked for each time."""
        return [
            {
                'name': 'job_positives',
                'description': 'Numbers above zero so far',
                'value': self.positives,
                'labels': {'color': 'blue'},
            },
            {
                'name': 'job_wasted_seconds',
                'description': 'Time spent on numbers so far',
                'value': self.wasted_seconds,
            },
        ]
