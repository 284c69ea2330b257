"""The logic of the job: one method, and what it needs."""


class Job:
    def __init__(self) -> None:
        # Runs once, before the first call: load a model or a table here.
        self.unit = 'EUR'

    def perform(self, numbers: list[float], rounded: bool = False) -> dict:
        """
        Adds up numbers.
        :param numbers: what to add up
        :param rounded: whether to leave out decimals
        """
        # A ValueError is the caller's fault (status 400), everything else the job's (500).
        if not isinstance(numbers, list) or not all(isinstance(number, (int, float)) for number in numbers):
            raise ValueError('numbers must be a list of numbers')
        if len(numbers) == 0:
            raise ValueError('there are no numbers to add up')
        total = sum(numbers)
        return {'total': round(total) if rounded else total, 'unit': self.unit}

    def docs_input_example(self) -> dict:
        """Shown on the job's page, and called by `racetrack dev --once`."""
        return {'numbers': [40, 2]}
