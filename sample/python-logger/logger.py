import logging
import random
from contextvars import ContextVar

logger = logging.getLogger(__name__)


class LoggingJob:
    #: Filled in by the wrapper: the request that is being served.
    request_context: ContextVar

    def perform(self) -> float:
        """Log who is calling, and return a random number."""
        request = self.request_context.get()
        caller = request.headers.get('X-Caller-Name')
        logger.info('somebody wants a number', extra={'caller': caller})
        logger.info(f'it is {caller}')
        return random.random()
