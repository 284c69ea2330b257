import hashlib
import secrets


class Hasher:
    def perform(self, attempts: int = 5000) -> str:
        """
        Look for the smallest SHA-256 sum of random texts: work for the processor, and nothing else.
        :param attempts: how many texts to try
        """
        return min(hashlib.sha256(secrets.token_bytes(16)).hexdigest() for _ in range(attempts))

    def docs_input_example(self) -> dict:
        return {'attempts': 1000}
