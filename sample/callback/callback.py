"""Accepts work, answers at once, and calls back when it is done."""

import json
import logging
import os
import threading
import time
import urllib.request
import uuid
from queue import Queue
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

#: Seconds before each further attempt to reach the caller.
RETRY_AFTER = (1, 5, 25)


class CallbackEntrypoint:
    def __init__(self):
        self.hosts = set(os.environ['CALLBACK_HOSTS'].split(','))
        self.work = Queue()
        self.inbox = []
        threading.Thread(target=self.work_for_ever, daemon=True).start()

    def perform(self, numbers: list, callback_url: str):
        """Takes the work on. The result is posted to `callback_url` as `{"id", "result"}` when it is there."""
        url = urlsplit(callback_url)
        # Whoever may call this job must not be able to make it call anything it likes.
        if url.scheme not in ('http', 'https') or url.hostname not in self.hosts:
            raise ValueError(f'callback_url must be at one of {", ".join(sorted(self.hosts))}')
        ticket = str(uuid.uuid4())
        self.work.put((ticket, numbers, callback_url))
        return {'accepted': True, 'id': ticket}

    def auxiliary_endpoints(self):
        return {'/inbox': self.receive}

    def receive(self, id: str = '', result=None):
        """Stands for the caller's own address in this sample: notes what comes back, and shows it."""
        if id:
            self.inbox.append(result)
        return {'received': self.inbox}

    def work_for_ever(self):
        while True:
            ticket, numbers, callback_url = self.work.get()
            time.sleep(0.2)  # the long computation
            deliver(callback_url, {'id': ticket, 'result': sum(numbers)})

    def docs_input_example(self):
        own_inbox = f'{os.environ["PUB_URL"]}/job/callback/latest/api/v1/inbox'
        return {'numbers': [40, 2], 'callback_url': own_inbox}


def deliver(url: str, answer: dict) -> None:
    headers = {'Content-Type': 'application/json'}
    if url.startswith(os.environ['PUB_URL'] + '/'):
        headers['X-Racetrack-Auth'] = os.environ['AUTH_TOKEN']
    request = urllib.request.Request(url, json.dumps(answer).encode(), headers)
    for pause in (0, *RETRY_AFTER):
        time.sleep(pause)
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except OSError as error:
            logger.warning('the answer %s could not be delivered: %s', answer['id'], error)
    logger.error('the answer %s is given up', answer['id'])
