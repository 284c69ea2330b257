from typing import List

from racetrack_job_wrapper.call import call_job


class RoundedSum:
    def perform(self, numbers: List[float]) -> int:
        """
        Add numbers and round the sum.
        :param numbers: what to add up
        """
        total = call_job(self, 'adder', '/api/v1/perform', {'numbers': numbers})
        return round(total)

    def docs_input_example(self) -> dict:
        return {'numbers': [40, 2.7]}
