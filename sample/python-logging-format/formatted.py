import json
import logging
import os
import random
import sys


class JsonFormatter(logging.Formatter):
    """Lines as this team's log store wants them."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({
            'message': record.getMessage(),
            'level': record.levelname,
            'job_name': os.environ.get('JOB_NAME'),
            'job_version': os.environ.get('JOB_VERSION'),
        })


def make_logger() -> logging.Logger:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger('sample')
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    # Otherwise the wrapper writes each line as well.
    logger.propagate = False
    return logger


class FormattedJob:
    def __init__(self):
        self.logger = make_logger()

    def perform(self) -> float:
        """Return a random number, and log it in a form of its own."""
        number = random.random()
        self.logger.info('the number is %s', number)
        logging.getLogger(__name__).info('a line of the usual form')
        return number
