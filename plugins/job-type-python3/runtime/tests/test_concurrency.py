"""Many calls at once, and probes beside them."""

import socket
import threading
import time
import unittest

from tests.support import JSON, PERFORM, running_job, timed, wait_until

BUSY = """
    import asyncio, time
    class Busy:
        def perform(self, how, seconds):
            if how == 'sleep':
                time.sleep(seconds)
            else:
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    sum(range(1000))
            return how

        def auxiliary_endpoints(self):
            return {'/blocking_coroutine': self.blocking, '/quick': lambda: 1}

        async def blocking(self, seconds):
            time.sleep(seconds)
"""


class BusyProbesTest(unittest.TestCase):
    def test_probes_do_not_wait_behind_busy_calls(self):
        for how, calls, limit in (('sleep', 60, 0.5), ('compute', 4, 1.0)):
            with self.subTest(how), running_job(BUSY) as job:
                started = [job.start_call(how=how, seconds=1.5) for _ in range(calls)]
                wait_until(lambda job=job, calls=calls: f'requests_started_total {calls}.0' in job.get('/metrics').text)

                slowest = max(timed(lambda job=job, path=path: job.get(path))[1] for path in ['/live', '/ready'] * 5)

                self.assertLess(slowest, limit)
                self.assertEqual({call.join().json for call in started}, {how})

    def test_probes_do_not_wait_while_a_body_of_many_small_values_is_read(self):
        with running_job('def perform(value): return len(value)') as job:
            body = b'{"value":[' + b'[],' * (1024 * 1024) + b'[]]}'
            answers = []
            call = threading.Thread(target=lambda: answers.append(job.request('POST', PERFORM, body, JSON, timeout=60)))
            call.start()
            waits = [timed(lambda: job.get('/live'))[1]]
            while call.is_alive():
                waits.append(timed(lambda: job.get('/live'))[1])
            self.assertEqual(answers[0].json, 1024 * 1024 + 1)
            self.assertLess(max(waits), 1.0)

    def test_sleeping_calls_run_all_at_once(self):
        with running_job(BUSY) as job:
            started = time.monotonic()
            calls = [job.start_call(how='sleep', seconds=1) for _ in range(80)]
            self.assertEqual({call.join().status for call in calls}, {200})
            self.assertLess(time.monotonic() - started, 5)

    def test_a_coroutine_that_blocks_delays_neither_probes_nor_other_calls(self):
        with running_job(BUSY) as job:
            blocked = threading.Thread(target=lambda: job.call('/api/v1/blocking_coroutine', seconds=1), daemon=True)
            blocked.start()
            wait_until(lambda: 'requests_started_total 1.0' in job.get('/metrics').text)
            self.assertLess(timed(lambda: job.get('/live'))[1], 0.5)
            self.assertLess(timed(lambda: job.call('/api/v1/quick'))[1], 0.5)
            blocked.join(10)


class LimitTest(unittest.TestCase):
    def test_one_at_a_time_with_a_queue_of_one_refuses_the_third(self):
        with running_job(BUSY, '--max-concurrency=1', '--max-concurrency-queue=1') as job:
            first = job.start_call(how='sleep', seconds=0.6)
            wait_until(lambda: 'requests_started_total 1.0' in job.get('/metrics').text)
            second = job.start_call(how='sleep', seconds=0.1)
            wait_until(lambda: 'requests_started_total 2.0' in job.get('/metrics').text)

            third = job.call(how='sleep', seconds=0)

            self.assertEqual(third.status, 429)
            self.assertEqual(
                third.json['detail'],
                'too many requests waiting in a queue. Job is set to process 1 requests concurrently with a queue of '
                'max size 1',
            )
            self.assertEqual(third.json['error'], third.json['detail'])
            self.assertEqual((first.join().status, second.join().status), (200, 200))
            self.assertEqual(job.call(how='sleep', seconds=0).status, 200)
            self.assertIn('request_internal_errors_total{endpoint="/perform"} 1.0', job.get('/metrics').text)

    def test_a_call_for_which_there_is_no_place_is_refused_before_its_body_has_come(self):
        with running_job(BUSY, '--max-inflight-requests=1') as job:
            head = f'POST {PERFORM} HTTP/1.1\r\nHost: job\r\nContent-Length: 40\r\n\r\n'.encode()
            with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
                for each in (first, second):
                    each.settimeout(15)
                    each.connect(job.socket)
                first.sendall(head)
                wait_until(lambda: 'requests_started_total 1.0' in job.get('/metrics').text)
                second.sendall(head)
                self.assertIn(b' 429 ', second.recv(65536).partition(b'\r\n')[0])
                first.sendall(b'{"how": "sleep", "seconds": 0}'.ljust(40))
                self.assertIn(b' 200 ', first.recv(65536).partition(b'\r\n')[0])

    def test_calls_without_a_bound_on_the_queue_run_in_sequence(self):
        with running_job(BUSY, '--max-concurrency=1') as job:
            started = time.monotonic()
            calls = [job.start_call(how='sleep', seconds=0.2) for _ in range(5)]
            self.assertEqual({call.join().status for call in calls}, {200})
            self.assertGreaterEqual(time.monotonic() - started, 1)

    def test_a_caller_who_leaves_the_queue_does_not_run(self):
        with running_job(BUSY, '--max-concurrency=1') as job:
            first = job.start_call(how='sleep', seconds=0.6)
            wait_until(lambda: 'requests_started_total 1.0' in job.get('/metrics').text)
            with self.assertRaises(OSError):
                job.request('POST', PERFORM, {'how': 'sleep', 'seconds': 30}, JSON, timeout=0.2)
            self.assertEqual(first.join().status, 200)
            self.assertLess(timed(lambda: job.call(how='sleep', seconds=0))[1], 5)


if __name__ == '__main__':
    unittest.main()
