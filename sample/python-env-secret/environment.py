import os
import random

SHOWN = ['PGPASSWD', 'TORCH_MODEL_ZOO', 'GIT_USERNAME', 'GIT_TOKEN', 'DEBIAN_FRONTEND']


class EnvironmentReader:
    def perform(self) -> dict:
        """Show which variables the running job has. A real job keeps its password to itself."""
        return {
            'model': os.environ['TORCH_MODEL_ZOO'],
            'result': random.random(),
            **{name: os.environ.get(name) for name in SHOWN},
        }
