from math import isqrt


class PrimerEntrypoint:
    def perform(self, number: int) -> bool:
        """
        Tell whether a number is **prime**.
        :param number: a whole number
        """
        if number < 2:
            return False
        return all(number % divisor for divisor in range(2, isqrt(number) + 1))

    def docs_input_example(self) -> dict:
        return {'number': 7907}
