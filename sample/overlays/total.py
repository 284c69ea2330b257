from typing import List


class Total:
    def perform(self, numbers: List[float]) -> float:
        """
        Add numbers.
        :param numbers: what to add up
        """
        return sum(numbers)

    def docs_input_example(self) -> dict:
        return {'numbers': [40, 2]}
