"""Waits for several things at the same time."""

import asyncio


class SideBySide:
    async def perform(self, seconds: float = 5) -> str:
        """Three errands of that many seconds each: done after `seconds`, not after three times as many."""
        await asyncio.gather(*(self.run_errand(seconds) for _ in range(3)))
        return 'done'

    async def run_errand(self, seconds: float) -> None:
        # A question to a database or another service, in a job with work to do.
        await asyncio.sleep(seconds)

    def wait(self, seconds: float = 5) -> str:
        """The same from a plain function, for code that cannot be `async` throughout."""
        return asyncio.run(self.perform(seconds))

    def auxiliary_endpoints(self):
        return {'/wait': self.wait}

    def docs_input_examples(self):
        return {'/perform': {'seconds': 0.5}, '/wait': {'seconds': 0.5}}
