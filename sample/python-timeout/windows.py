import sys
import time
from typing import Any, Dict, List

BLOCK_BYTES = 10 * 1024 * 1024


class Windows12:
    def __init__(self):
        self.blocks: List[bytes] = []

    def perform(self, mode: str, t: float = 0) -> Dict[str, Any]:
        """
        Misbehave.
        :param mode: timeout, cpu, crash, malloc or exit
        :param t: for how many seconds
        """
        if mode == 'timeout':
            time.sleep(t)
            return {'Alive': True, 'Timeout': t}
        if mode == 'cpu':
            until = time.monotonic() + t
            while time.monotonic() < until:
                pass
            return {'t': t}
        if mode == 'crash':
            raise Exception('Windows12 has stopped working')
        if mode == 'malloc':
            self.blocks.append(b'\1' * BLOCK_BYTES)
            return {'mem': BLOCK_BYTES * len(self.blocks)}
        if mode == 'exit':
            sys.exit(1)
        raise RuntimeError(f'Unknown mode: {mode}')

    def docs_input_example(self) -> Dict[str, Any]:
        return {'mode': 'timeout', 't': 2}
