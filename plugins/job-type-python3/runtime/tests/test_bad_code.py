"""Code that misbehaves: the caller gets an error, the author its place, and the next call works."""

import json
import os
import socket
import unittest

from tests.support import JSON, PERFORM, running_job, starting_job, wait_until

SOURCE = """
    import asyncio, json, os, sys, time

    class OwnBase(BaseException):
        pass

    class Unprintable(Exception):
        def __str__(self): raise RuntimeError('twice')
        def __repr__(self): raise RuntimeError('thrice')

    class Bad:
        def perform(self, how):
            return getattr(self, how)()

        def fine(self): return 'fine'
        def base(self): raise OwnBase('from below')
        def unprintable(self): raise Unprintable
        def generator_exit(self): raise GeneratorExit
        def stop(self): raise StopIteration('over')
        def cancelled(self): raise asyncio.CancelledError
        def recursion(self): return self.recursion()
        def memory(self): raise MemoryError('no more')
        def deep(self):
            value = []
            for _ in range(200_000): value = [value]
            return value
        def flood(self):
            for _ in range(20_000): print('x' * 100)
            return 'fine'
        def fork(self):
            if os.fork() == 0:
                return 'child'
            return 'parent'
        def child(self):
            pid = os.fork()
            if pid == 0:
                time.sleep(20)
                os._exit(0)
            return pid
        def path(self):
            sys.path[:] = []
            sys.path_importer_cache.clear()
            return 'fine'
        def standard_output(self):
            sys.stdout = sys.stderr = None
            return 'fine'
        def library(self):
            for name in ('dumps', 'loads', 'JSONEncoder', 'JSONDecoder'):
                setattr(json, name, None)
            return 'fine'
"""

ROWS = [
    ('base', 500, 'OwnBase'),
    ('unprintable', 500, 'Unprintable'),
    ('generator_exit', 500, 'GeneratorExit'),
    ('stop', 500, 'StopIteration'),
    ('cancelled', 500, 'CancelledError'),
    ('recursion', 500, 'RecursionError'),
    ('memory', 500, 'MemoryError'),
    ('deep', 500, 'RecursionError'),
    ('missing', 500, 'AttributeError'),
]


class BadCodeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._running = running_job(SOURCE, class_name='Bad')
        cls.job = cls._running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._running.__exit__(None, None, None)

    def test_every_kind_of_exception_is_one_failed_call(self):
        for how, status, kind in ROWS:
            with self.subTest(how):
                answer = self.job.request('POST', PERFORM, {'how': how}, {**JSON, 'X-Request-Tracing-Id': f'id-{how}'})
                self.assertEqual((answer.status, answer.json['type']), (status, kind))
                self.assertEqual(answer.json['request_id'], f'id-{how}')
                self.assertEqual(self.job.call(how='fine').json, 'fine')

    def test_the_author_sees_the_own_lines_of_the_traceback_with_the_request_id(self):
        self.job.request('POST', PERFORM, {'how': 'memory'}, {**JSON, 'X-Request-Tracing-Id': 'trace-7'})
        log = self.job.wait_for_log('tracing_id=trace-7')
        self.assertRegex(
            log,
            r'ERROR /perform failed: no more, cause=MemoryError, traceback=".*job\.py:\d+", tracing_id=trace-7\n'
            r'  Traceback \(most recent call last\):\n'
            r'    File ".*job\.py", line \d+, in perform\n',
        )
        self.assertNotIn('racetrack_job_wrapper/', log.partition('trace-7')[2].partition('MemoryError: no more')[0])

    def test_a_flood_of_output_delays_nobody_else(self):
        self.assertEqual(self.job.call(how='flood').json, 'fine')

    def test_a_forked_process_that_returns_answers_nobody(self):
        for _ in range(3):
            self.assertEqual(self.job.call(how='fork').json, 'parent')
        self.assertEqual(self.job.call(how='fine').json, 'fine')

    def test_a_forked_process_that_stays_keeps_no_connection_open(self):
        body = b'{"how":"child"}'
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(self.job.socket)
            connection.sendall(
                b'POST /api/v1/perform HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s'
                % (len(body), body)
            )
            received = b''
            while True:  # until the end of the connection
                data = connection.recv(4096)
                if not data:
                    break
                received += data
        os.kill(json.loads(received.partition(b'\r\n\r\n')[2]), 9)


class OverwritingTest(unittest.TestCase):
    def test_a_job_that_overwrites_what_it_shares_with_the_wrapper_is_still_served(self):
        with running_job(SOURCE, class_name='Bad') as job:
            for how in ('path', 'standard_output', 'library'):
                with self.subTest(how):
                    self.assertEqual(job.call(how=how).json, 'fine')
                    self.assertEqual(job.call(how='fine').json, 'fine')
                    self.assertEqual(job.call(how='memory').status, 500)
                    self.assertEqual(job.call(wrong=1).status, 400)
                    self.assertEqual(job.request('POST', PERFORM, b'{', JSON).status, 422)
                    self.assertEqual([job.get(path).status for path in ('/live', '/metrics', '/docs')], [200] * 3)


class CyclicImportTest(unittest.TestCase):
    def test_the_reason_names_files_and_lines_of_the_author(self):
        cyclic = {'a.py': 'from b import y\nx = 1\n', 'b.py': 'from a import x\ny = 1\n'}
        source = 'import a\nclass A:\n    def perform(self): pass\n'
        with starting_job(source, files=cyclic) as job:
            wait_until(lambda: job.get('/live').status == 500)
            self.assertRegex(job.get('/live').json['error'], r'circular import.*/a\.py:1, .*/b\.py:1$')


class TimeoutTest(unittest.TestCase):
    SOURCE = """
        import asyncio, time
        class Slow:
            def perform(self, seconds): time.sleep(seconds); return 'late'
            def auxiliary_endpoints(self): return {'/async': self.later}
            async def later(self, seconds):
                try:
                    await asyncio.sleep(seconds)
                finally:
                    print('cancelled here', flush=True)
    """

    def test_a_call_that_takes_too_long_is_504_and_keeps_its_place_until_it_ends(self):
        with running_job(self.SOURCE, '--call-timeout=0.3', '--max-concurrency=1', '--max-concurrency-queue=0') as job:
            answer = job.call(seconds=1)
            self.assertEqual((answer.status, answer.json['detail']), (504, 'Gateway Timeout'))
            self.assertIn('longer than 0.3 s', answer.json['error'])
            self.assertEqual(job.call(seconds=0).status, 429)
            wait_until(lambda: job.call(seconds=0).status == 200)

            self.assertEqual(job.call('/api/v1/async', seconds=30).status, 504)
            self.assertIn('cancelled here', job.wait_for_log('cancelled here'))
            wait_until(lambda: job.call(seconds=0).status == 200)

    def test_a_call_whose_turn_did_not_come_is_told_so(self):
        with running_job(self.SOURCE, '--call-timeout=0.3', '--max-concurrency=1') as job:
            job.start_call(seconds=1)
            wait_until(lambda: 'requests_started_total 1.0' in job.get('/metrics').text)
            answer = job.call(seconds=0)
            self.assertEqual((answer.status, answer.json['detail']), (504, 'Gateway Timeout'))
            self.assertIn('waited 0.3 s for its turn; 1 call is running', answer.json['error'])

    def test_a_coroutine_is_cancelled_when_its_caller_leaves(self):
        with running_job(self.SOURCE, '--max-concurrency=1', '--max-concurrency-queue=0') as job:
            with self.assertRaises(OSError):
                job.request('POST', '/api/v1/async', {'seconds': 30}, JSON, timeout=0.3)
            job.wait_for_log('cancelled here')
            wait_until(lambda: job.call(seconds=0).status == 200)


if __name__ == '__main__':
    unittest.main()
