"""A handler: calls another job and gives its answer another form."""

from racetrack_job_wrapper.answers import Binary
from racetrack_job_wrapper.call import call_job


class FormatHandler:
    def perform(self, numbers: list):
        """Adds numbers, and says the sum in words that a person can read."""
        total = self._add(numbers)
        return {'value': total, 'text': f'The sum of {len(numbers)} numbers is {total}.'}

    def auxiliary_endpoints(self):
        return {'/csv': self.as_csv}

    def as_csv(self, numbers: list):
        """The same as a table, for programs that read no JSON."""
        lines = ['numbers,sum', f'"{" ".join(map(str, numbers))}",{self._add(numbers)}', '']
        return Binary('\n'.join(lines).encode(), 'text/csv')

    def _add(self, numbers):
        return call_job(self, 'adder', '/api/v1/perform', {'numbers': numbers})

    def docs_input_example(self):
        return {'numbers': [40, 2]}
