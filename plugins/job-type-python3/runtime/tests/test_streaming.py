"""Generators: answers that come item by item."""

import json
import os
import socket
import unittest

from tests.support import JSON, PERFORM, running_job, wait_until

SOURCE = """
    import asyncio, os, time

    class Streamer:
        def perform(self, n=3, fail_at=None, wait=0, endless=False):
            "Counts."
            try:
                for i in range(n):
                    if i == fail_at:
                        raise ValueError('no more')
                    yield {'i': i, 'id': self.request_context.get().headers.get('x-request-tracing-id')}
                    time.sleep(wait)
                while endless:
                    yield 'again'
                    time.sleep(0.01)
            finally:
                open('closed', 'a').write('sync\\n')

        def auxiliary_endpoints(self):
            return {'/async': self.count, '/returned': lambda: (i for i in range(2)), '/later': self.later,
                    '/large': self.large, '/unencodable': self.unencodable, '/exit': self.leave,
                    '/cancelled': self.cancel}

        async def count(self, n=3, fail_at=None, endless=False):
            try:
                for i in range(n):
                    if i == fail_at:
                        raise KeyError('gone')
                    yield i
                while endless:
                    yield 'again'
                    await asyncio.sleep(0.01)
            finally:
                open('closed', 'a').write('async\\n')

        async def later(self):
            return self.count(2)

        def large(self, parts):
            for _ in range(parts):
                yield 'x' * 100_000

        def unencodable(self):
            yield 1
            yield len

        async def cancel(self):
            yield 1
            raise asyncio.CancelledError

        def leave(self):
            yield 1
            raise SystemExit('bye')
"""
EVENTS = {**JSON, 'Accept': 'text/event-stream', 'X-Request-Tracing-Id': 'trace-1'}


class StreamingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._running = running_job(SOURCE)
        cls.job = cls._running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._running.__exit__(None, None, None)

    def test_items_are_lines_of_json(self):
        rows = [
            (PERFORM, {'n': 2}, [{'i': 0, 'id': None}, {'i': 1, 'id': None}]),
            ('/api/v1/async', {}, [0, 1, 2]),
            ('/api/v1/returned', {}, [0, 1]),
            ('/api/v1/later', {}, [0, 1]),
            (PERFORM, {'n': 0}, []),
        ]
        for path, arguments, expected in rows:
            with self.subTest(path):
                answer = self.job.call(path, **arguments)
                self.assertEqual((answer.status, answer.headers['content-type']), (200, 'application/x-ndjson'))
                self.assertEqual([json.loads(line) for line in answer.text.splitlines()], expected)
                self.assertFalse(answer.is_cut)

    def test_those_who_ask_for_events_get_events_and_an_error_at_the_end(self):
        answer = self.job.request('POST', PERFORM, {'n': 3, 'fail_at': 1}, EVENTS)
        self.assertEqual((answer.status, answer.headers['content-type']), (200, 'text/event-stream; charset=utf-8'))
        self.assertTrue(answer.is_cut)
        self.assertEqual(
            answer.text,
            'data: {"i":0,"id":"trace-1"}\n\n'
            'event: error\ndata: {"error":"no more","type":"ValueError","request_id":"trace-1"}\n\n',
        )

    def test_an_error_is_the_last_line_and_the_connection_is_cut(self):
        rows = [
            ('/api/v1/async', {'fail_at': 1}, 'KeyError'),
            ('/api/v1/exit', {}, 'SystemExit'),
            ('/api/v1/unencodable', {}, 'TypeError'),
            ('/api/v1/cancelled', {}, 'CancelledError'),
        ]
        for path, arguments, kind in rows:
            with self.subTest(kind):
                answer = self.job.call(path, **arguments)
                lines = answer.text.splitlines()
                self.assertEqual((len(lines), json.loads(lines[-1])['type']), (2, kind))
                self.assertTrue(answer.is_cut)
        self.assertNotIn('ASGI', self.job.log())

    def test_an_error_before_the_first_item_is_an_ordinary_one(self):
        for path, status in ((PERFORM, 400), ('/api/v1/async', 500)):
            with self.subTest(path):
                self.assertEqual(self.job.call(path, fail_at=0).status, status)
        self.assertEqual(self.job.call(unknown=1).status, 400)

    def test_items_are_sent_one_by_one_and_the_generator_ends_when_the_caller_leaves(self):
        for path, name in ((PERFORM, 'sync'), ('/api/v1/async', 'async')):
            with self.subTest(name):
                ended = self.count_ended(name)
                connection = self.open(path, {'n': 1, 'endless': True})
                received = b''
                while b'again' not in received:
                    received += connection.recv(4096)
                self.assertNotIn(b'0\r\n\r\n', received)
                connection.close()
                wait_until(lambda name=name, ended=ended: self.count_ended(name) == ended + 1)

    def test_a_slow_reader_does_not_fill_the_memory(self):
        before = self.resident_bytes()
        connection = self.open('/api/v1/large', {'parts': 2000})
        connection.recv(1)
        self.assertEqual(self.job.call(n=1).status, 200)
        self.assertLess(self.resident_bytes() - before, 50_000_000)
        connection.close()

    def open(self, path, arguments):
        body = json.dumps(arguments)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        connection.connect(self.job.socket)
        connection.sendall(f'POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n{body}'.encode())
        return connection

    def count_ended(self, name):
        path = os.path.join(self.job.folder, 'closed')
        if not os.path.exists(path):
            return 0
        with open(path, encoding='utf-8') as file:
            return file.read().splitlines().count(name)

    def resident_bytes(self):
        text = self.job.get('/metrics').text
        return float(text.partition('\nprocess_resident_memory_bytes ')[2].partition('\n')[0])


class BoundedStreamTest(unittest.TestCase):
    def test_a_stream_holds_its_place_and_ends_at_the_call_timeout(self):
        with running_job(SOURCE, '--max-inflight-requests=1', '--call-timeout=1') as job:
            call = job.start_call(n=1, endless=True)
            wait_until(lambda: 'requests_started_total 1.0' in job.get('/metrics').text)
            self.assertEqual(job.call(n=1).status, 429)

            answer = call.join()

            self.assertIn('the call took longer than 1 s', json.loads(answer.text.splitlines()[-1])['error'])
            self.assertTrue(answer.is_cut)
            wait_until(lambda: job.call(n=1).status == 200)
            self.assertIn('request_internal_errors_total{endpoint="/perform"}', job.get('/metrics').text)


if __name__ == '__main__':
    unittest.main()
