"""A model that learns while it serves: a straight line through the points it was given."""

import json
import os
from pathlib import Path


class RetrainedModel:
    def __init__(self):
        self.file = Path(os.environ['JOB_DATA_DIR']) / 'model.json'

    def perform(self, x: float):
        """What the line says at x."""
        line = self.read()
        return line['slope'] * x + line['intercept']

    def auxiliary_endpoints(self):
        return {'/retrain': self.retrain}

    def retrain(self, points: list):
        """Puts a new line in the place of the old one: least squares through points `[x, y]`."""
        if len({x for x, _ in points}) < 2:
            raise ValueError('at least two points with different x are needed')
        count = len(points)
        mean_x = sum(x for x, _ in points) / count
        mean_y = sum(y for _, y in points) / count
        slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
        line = {'slope': slope, 'intercept': mean_y - slope * mean_x}
        new = self.file.with_name(f'model.{os.getpid()}.new')
        new.write_text(json.dumps(line))
        new.replace(self.file)  # calls see the old model or the new one
        return line

    def read(self):
        # From the file each time: another instance may have learned something.
        return json.loads(self.file.read_text()) if self.file.exists() else {'slope': 1.0, 'intercept': 0.0}

    def docs_input_examples(self):
        return {'/perform': {'x': 3}, '/retrain': {'points': [[0, 1], [1, 3], [2, 5]]}}
