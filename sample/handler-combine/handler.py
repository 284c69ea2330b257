"""A handler: asks two jobs at the same time and combines what they answer."""

import asyncio

from racetrack_job_wrapper.call import call_job_coroutine


class CombineHandler:
    async def perform(self, numbers: list):
        """The sum of the numbers, and which of them are prime."""
        total, *primes = await asyncio.gather(
            call_job_coroutine(self, 'adder', '/api/v1/perform', {'numbers': numbers}),
            *(call_job_coroutine(self, 'primer', '/api/v1/perform', {'number': number}) for number in numbers),
        )
        return {'sum': total, 'primes': [number for number, is_prime in zip(numbers, primes) if is_prime]}

    def docs_input_example(self):
        return {'numbers': [40, 2]}
