from typing import Dict, List


class AdderEntrypoint:
    def perform(self, numbers: List[float]) -> float:
        """
        Add numbers.
        :param numbers: what to add up
        """
        return sum(numbers)

    def docs_input_example(self) -> Dict[str, List[float]]:
        return {'numbers': [40, 2]}
