"""What jobs import from the wrapper: calls to other jobs, and the names that older jobs know."""

import asyncio
import contextlib
import json
import os
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

from racetrack_job_wrapper.call import JobCallError, async_job_call, call_job, call_job_coroutine
from tests.support import running_job

SOURCE = """
    import asyncio
    import threading

    from racetrack_job_wrapper.call import async_job_call, call_job, call_job_async, call_job_coroutine
    from racetrack_job_wrapper.recordkeeper import read_predecessor_id, remember_predecessor_id
    from racetrack_job_wrapper.entrypoint import load_entrypoint
    from racetrack_job_wrapper.errors import AlreadyExists, EntityNotFound, UnauthorizedError, ValidationError
    import job_wrapper
    from job_wrapper.call import call_job as old_call_job

    assert old_call_job is call_job and call_job_async is call_job_coroutine
    assert job_wrapper.__name__ == 'racetrack_job_wrapper'

    class Sample:
        def __init__(self):
            self.early = call_job(self, 'adder', payload={'when': 'init'})

        def perform(self, path='/api/v1/perform', version='latest', **payload):
            return call_job(self, 'adder', path, payload, version)

        async def both(self):
            calls = [call_job_coroutine(self, 'adder', payload={'n': n}) for n in (1, 2)]
            return await asyncio.gather(*calls)

        async def fail(self):
            await call_job_coroutine(self, 'adder', '/fail')

        def init(self):
            return self.early

        def task(self):
            return async_job_call(self, 'adder', payload={'n': 1})

        def record(self):
            seen = read_predecessor_id(self)
            remember_predecessor_id(self, 'own')
            return [seen, call_job(self, 'adder')]

        def thread(self):
            results = []
            thread = threading.Thread(target=lambda: results.append(call_job(self, 'adder')))
            thread.start()
            thread.join()
            return results

        def auxiliary_endpoints(self):
            names = ('both', 'fail', 'init', 'task', 'record', 'thread')
            return {f'/{name}': getattr(self, name) for name in names}
"""
GRANT = 'racetrack permission grant job-family:sample "call_job"'
SEEN = ('x-racetrack-auth', 'x-request-tracing-id', 'x-caller-name', 'x-recordkeeper-predecessor-id')
CALL = '/pub/job/sample/1.2.3/api/v1'
HEADERS = {'X-Request-Tracing-Id': 'trace-1', 'X-Caller-Name': 'alice', 'Content-Type': 'application/json'}


class FakePub(BaseHTTPRequestHandler):
    """Answers what it was asked."""

    protocol_version = 'HTTP/1.1'
    polls = 0
    connections = 0
    was_redirected = False

    def setup(self):
        FakePub.connections += 1
        super().setup()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
        FakePub.was_redirected |= self.path.endswith('/stolen')
        if self.path.endswith('/redirect'):
            return self.answer(307, {}, Location='/stolen')
        if self.path.endswith('/fail'):
            return self.answer(404, {'error': 'there is no such thing'})
        if self.path.endswith('/forbidden'):
            return self.answer(401, {'error': 'no\n\x1b permission', 'hint': GRANT, 'request_id': 'trace-1'})
        if '/async/new/' in self.path:
            return self.answer(201, {'task_id': 't 1', 'status': 'ongoing'})
        headers = {name: self.headers[name] for name in SEEN if name in self.headers}
        self.answer(200, {'path': self.path, 'body': json.loads(body) if body else None, 'headers': headers})

    def do_GET(self):
        FakePub.was_redirected |= self.path.endswith('/stolen')
        FakePub.polls += 1
        status = {1: 202, 2: 504}.get(FakePub.polls, 200)
        self.answer(status, [self.path, self.headers.get('X-Racetrack-Auth')])

    def answer(self, status, value, **headers):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(data)))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments):
        pass


class CallsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._stack = contextlib.ExitStack()
        pub = ThreadingHTTPServer(('127.0.0.1', 0), FakePub)
        threading.Thread(target=pub.serve_forever, daemon=True).start()
        cls._stack.callback(pub.server_close)
        cls._stack.callback(pub.shutdown)
        cls.pub_url = f'http://127.0.0.1:{pub.server_port}/pub'
        env = {'PUB_URL': cls.pub_url, 'AUTH_TOKEN': 'secret'}
        cls.job = cls._stack.enter_context(running_job(SOURCE, env=env))

    @classmethod
    def tearDownClass(cls):
        cls._stack.close()

    def call(self, name='perform', body='{}', **headers):
        return self.job.request('POST', f'{CALL}/{name}', body, {**HEADERS, **headers})

    def test_carry_token_tracing_id_and_caller(self):
        self.assertEqual(
            self.call(body='{"numbers": [1], "version": "1.x"}').json,
            {
                'path': '/pub/job/adder/1.x/api/v1/perform',
                'body': {'numbers': [1]},
                'headers': {
                    'x-racetrack-auth': 'secret',
                    'x-request-tracing-id': 'trace-1',
                    'x-caller-name': 'alice',
                },
            },
        )

    def test_from_coroutines_run_at_the_same_time(self):
        both = self.call('both').json
        self.assertEqual([answer['body'] for answer in both], [{'n': 1}, {'n': 2}])
        self.assertEqual([answer['headers']['x-request-tracing-id'] for answer in both], ['trace-1'] * 2)

    def test_work_without_a_current_request(self):
        for answer in (self.call('init').json, self.call('thread').json[0]):
            self.assertEqual(answer['headers'], {'x-racetrack-auth': 'secret'})

    def test_that_fail_say_which_and_why(self):
        for answer in (self.call(body='{"path": "/fail"}'), self.call('fail')):
            self.assertEqual((answer.status, answer.json['type']), (500, 'JobCallError'))
            self.assertTrue(answer.json['error'].startswith('failed to call job "adder latest" by sample: '))
            self.assertIn('there is no such thing', answer.json['error'])

    def test_that_are_refused_tell_what_to_do_in_the_answer_the_error_and_the_log(self):
        answer = self.call(body='{"path": "/forbidden"}', **{'X-Request-Tracing-Id': 'trace-9'})
        reason = 'failed to call job "adder latest" by sample: Client error \'401 Unauthorized\': no permission'
        expected = {'error': reason, 'type': 'JobCallError', 'hint': GRANT, 'request_id': 'trace-9'}
        self.assertEqual((answer.status, answer.json), (500, expected))
        log = self.job.wait_for_log('tracing_id=trace-9')
        self.assertIn('job-family:sample', log.partition('no permission, hint=')[2].partition('\n')[0])
        with mock.patch.dict(os.environ, {'PUB_URL': self.pub_url, 'AUTH_TOKEN': 'secret', 'JOB_NAME': 'sample'}):
            with self.assertRaises(JobCallError) as raised:
                call_job(None, 'adder', '/forbidden')
        self.assertEqual(str(raised.exception), f'{reason}; {GRANT}')
        self.assertEqual((raised.exception.status, raised.exception.hint), (401, GRANT))

    def test_as_tasks_wait_until_they_are_done(self):
        self.assertEqual(self.call('task').json, ['/pub/async/task/t%201/poll', 'secret'])

    def test_pass_the_id_of_a_record_on(self):
        seen, answer = self.call('record', **{'X-Recordkeeper-Predecessor-Id': 'theirs'}).json
        self.assertEqual((seen, answer['headers']['x-recordkeeper-predecessor-id']), ('theirs', 'own'))

    def test_reuse_their_connection(self):
        self.call()
        before = FakePub.connections
        for _ in range(3):
            self.call()
        self.assertEqual(FakePub.connections, before)

    def test_are_encoded(self):
        answer = self.call(body='{"version": "1 x", "path": "a b?c=../d"}')
        self.assertEqual(answer.json['path'], '/pub/job/adder/1%20x/a%20b?c=../d')

    def test_stay_in_the_job_that_they_name(self):
        for version, path in (
            *((version, '/a') for version in ('', '.', '..', '%2e%2E', '../../x', 'x?y', 'x#y', 'x\n')),
            *(('latest', path) for path in ('/../../x', 'a/%252e%2e/b', '/a%2f..%5cb', '/a/.\t./b', '\\..')),
        ):
            with self.subTest(version=version, path=path):
                answer = self.call(body=json.dumps({'version': version, 'path': path}))
                self.assertEqual((answer.status, answer.json['type']), (400, 'ValueError'))
                self.assertIn('of the job to call may', answer.json['error'])

    def test_follow_no_redirect(self):
        with mock.patch.dict(os.environ, {'PUB_URL': self.pub_url, 'AUTH_TOKEN': 'secret'}):
            for call in (call_job, lambda *args: asyncio.run(call_job_coroutine(*args)), async_job_call):
                with self.assertRaises(JobCallError) as raised:
                    call(None, 'adder', '/redirect')
                self.assertEqual(raised.exception.status, 307)
        self.assertFalse(FakePub.was_redirected)


class CredentialsTest(unittest.TestCase):
    SOURCE = '''
        class A:
            def perform(self):
                return [*self.request_context.get().headers.items()]
    '''

    def test_of_callers_do_not_reach_the_job(self):
        with running_job(self.SOURCE) as job:
            for name in ('Auth', 'Esc-Auth', 'User-Auth', 'Job-Auth'):
                headers = {f'X-Racetrack-{name}': 'hidden', 'X-Mine': '1'}
                answer = job.request('POST', CALL + '/perform', '{}', headers).json
                self.assertIn(['x-mine', '1'], answer)
                self.assertNotIn('hidden', str(answer))
            cookies = {'Cookie': 'a=1; X-Racetrack-Auth =hidden; b=2'}
            answer = job.request('POST', CALL + '/perform', '{}', cookies).json
            self.assertIn(['cookie', 'a=1; b=2'], answer)


class WithoutPlatformTest(unittest.TestCase):
    def test_a_call_without_an_address_names_the_variable(self):
        with mock.patch.dict(os.environ, {}, clear=True), self.assertRaisesRegex(RuntimeError, 'variable PUB_URL'):
            call_job(None, 'adder')


class MemoryProfilerTest(unittest.TestCase):
    SOURCE = 'class A:\n    def perform(self):\n        return 1\n'
    #: In the place of the real one, which is large.
    MEMRAY = """
        import sys

        FileDestination = lambda path, overwrite: path

        class Tracker:
            def __init__(self, destination):
                self.destination = destination

            def __enter__(self):
                open(self.destination, 'w').close()

            def __exit__(self, *_):
                open(self.destination, 'w').write('recorded')

        if __name__ == '__main__':
            if sys.argv[1] == 'stats':
                print('statistics of', open(sys.argv[2]).read())
            else:
                open(sys.argv[sys.argv.index('--output') + 1], 'w').write(' '.join(sys.argv[1:3]))
    """

    def test_offers_its_reports_once_it_has_stopped(self):
        base = '/api/v1/profiler/memray'
        with running_job(self.SOURCE, files={'memray.py': self.MEMRAY}, env={'MEMRAY_PROFILER': 'true'}) as job:
            self.assertIn('end it with POST', job.get(f'{base}/stats').json['error'])
            self.assertEqual(job.call(f'{base}/stop').json, {'status': 'stopped'})
            self.assertEqual(job.get(f'{base}/stats').text.strip(), 'statistics of recorded')
            self.assertEqual(job.get(f'{base}/report').text, 'recorded')
            self.assertEqual(job.get(f'{base}/flamegraph').text, 'flamegraph --force')
            self.assertEqual(job.call().json, 1)

    def test_without_memray_says_what_is_missing(self):
        with running_job(self.SOURCE, env={'MEMRAY_PROFILER': '1'}) as job:
            answer = job.get('/api/v1/profiler/memray/report')
            self.assertEqual(answer.status, 400)
            self.assertIn('write memray into requirements.txt', answer.json['error'])
            self.assertEqual(job.call().json, 1)
