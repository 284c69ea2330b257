"""A handler with parameters baked in: its callers do not have to know them."""

import os

from racetrack_job_wrapper.call import call_job


class DefaultsHandler:
    def __init__(self):
        # From the manifest: another value is another deployment, and the record shows who chose it.
        self.offset = float(os.environ['OFFSET'])

    def perform(self, numbers: list):
        """Adds the numbers and the offset that this deployment has."""
        return call_job(self, 'adder', '/api/v1/perform', {'numbers': [*numbers, self.offset]})

    def docs_input_example(self):
        return {'numbers': [40, 2]}
