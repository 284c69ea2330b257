"""From the first probe to the last call."""

import http.client
import os
import signal
import socket
import stat
import subprocess
import unittest

from tests.support import ENVIRONMENT, PERFORM, running_job, starting_job, timed, wait_until

NO_MODULE = (
    "^No module named 'nosuchmodule'; if nosuchmodule.py is a file of yours, commit and push it; if nosuchmodule is a "
    'package that you know, write it into requirements.txt, and name that file in '
    r'jobtype_extra\.requirements_path, cause=ModuleNotFoundError.*job\.py:1$'
)
SLEEPER = """
    import time
    class Sleeper:
        def perform(self, seconds=0):
            time.sleep(seconds)
            return seconds
"""


class InitialisationTest(unittest.TestCase):
    def test_a_slow_constructor_is_alive_but_not_ready(self):
        source = """
            import os, time
            class Slow:
                def __init__(self):
                    while not os.path.exists('go'):
                        time.sleep(0.01)
                def perform(self): return 1
        """
        with starting_job(source, env={'JOB_DEPLOYMENT_TIMESTAMP': '5'}) as job:
            self.assertEqual((job.get('/live').status, job.get('/live').json['live']), (200, True))
            self.assertEqual((job.get('/ready').status, job.get('/ready').json), (500, {'ready': False}))
            self.assertEqual((job.get('/health').status, job.get('/health').json['status']), (500, 'fail'))
            self.assertEqual(job.get('/docs').status, 200)
            self.assertEqual(job.get('/openapi.json').status, 200)
            self.assertEqual((job.call().status, job.call().json['detail']), (404, 'Not Found'))

            with open(os.path.join(job.folder, 'go'), 'w', encoding='utf-8'):
                pass
            job.wait_until_ready()

            self.assertEqual(job.call().json, 1)

    def test_a_slow_constructor_does_not_hold_up_the_end(self):
        with starting_job('import time\nclass A:\n    def __init__(self): time.sleep(60)\n') as job:
            self.assertEqual(job.stop(), 0)

    def test_a_failed_initialisation_stays_up_and_says_why(self):
        rows = [
            (
                "class A:\n    def __init__(self): raise RuntimeError('no model')",
                '',
                r'^no model, cause=RuntimeError',
            ),
            ("class A:\n    def __init__(self): raise SystemExit('left')", '', r'^left, cause=SystemExit'),
            ('import nosuchmodule', '', NO_MODULE),
            ("import os; os.environ['MODEL_URL']", '', r"^runtime_env in job.yaml .* 'MODEL_URL', cause=KeyError"),
            ('import job.part', '', r"^No module named 'job\.part'; 'job' is not a package, cause="),
            ('class A: pass', '', r'^the class A has no method perform'),
            ('class A: pass', 'B', r'^class name B was not found'),
            ('class A:\n    def perform(self)\n', '', r'cause=SyntaxError, traceback=.*job\.py:2$'),
            ('class A:\n    def metrics(self): return 1 / 0', '', r'^division by zero'),
            ("class A:\n    def static_endpoints(self): return {'/a': 'b'}", '', r"^static file doesn't exist: b"),
            (
                'class A:\n    def perform(self): pass\n    def docs_input_example(self): return 1',
                '',
                r'^invalid docs input example: input example \(for /perform endpoint\) is not a dict',
            ),
        ]
        for source, class_name, error in rows:
            with (
                self.subTest(error),
                starting_job(source, class_name=class_name, env={'JOB_DEPLOYMENT_TIMESTAMP': '5'}) as job,
            ):
                wait_until(lambda job=job: job.get('/live').status == 500)
                live = job.get('/live').json
                self.assertRegex(live['error'], error)
                self.assertEqual((live['live'], live['deployment_timestamp']), (False, 5))
                self.assertEqual((job.get('/ready').status, job.get('/health').status), (500, 500))
                self.assertEqual(job.get('/health').json['error'], live['error'])
                self.assertIsNone(job.process.poll())
                self.assertIn('job initialization failed', job.log())

    def test_a_class_may_come_from_another_module_when_it_is_named(self):
        files = {'lib/__init__.py': '', 'lib/adder.py': 'class Adder:\n    def perform(self): return 1\n'}
        source = 'from lib.adder import Adder\n'
        with running_job(source, class_name='Adder', files=files) as job:
            self.assertEqual(job.call().json, 1)


class ShutdownTest(unittest.TestCase):
    def test_a_call_in_progress_is_finished(self):
        with running_job(SLEEPER) as job:
            call = job.start_call(seconds=1)
            wait_until(lambda: 'requests_started_total 1.0' in job.get('/metrics').text)
            job.process.send_signal(signal.SIGTERM)
            wait_until(lambda: self.is_closed(job))

            self.assertEqual(call.join().json, 1)
            self.assertEqual(job.process.wait(5), 0)
            self.assertFalse(os.path.exists(job.socket))
            self.assertIn('INFO  received signal 15, shutting down...', job.log())
            self.assertIn('INFO  calls in progress: 1, they have 30 s to end', job.log())

    def test_calls_have_no_longer_than_the_grace_period(self):
        with running_job(SLEEPER, env={'JOB_SHUTDOWN_GRACE_SECONDS': '0.2'}) as job:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(job.socket)
            connection.sendall(f'POST {PERFORM} HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\n'.encode())
            connection.sendall(b'{"seconds":60}')
            wait_until(lambda: 'requests_started_total 1.0' in job.get('/metrics').text)

            exit_code, seconds = timed(job.stop)

            self.assertEqual(exit_code, 0)
            self.assertLess(seconds, 8)
            connection.close()

    def test_an_idle_job_ends_at_once_also_on_an_interrupt(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), running_job(SLEEPER) as job:
                idle = socket.socket(socket.AF_UNIX)
                idle.connect(job.socket)
                exit_code, seconds = timed(lambda job=job, number=number: job.stop(number))
                self.assertEqual(exit_code, 0)
                self.assertLess(seconds, 2)
                idle.close()

    def test_a_thread_that_never_ends_does_not_keep_the_process(self):
        source = """
            import threading, time
            class Background:
                def perform(self):
                    pass

                def __init__(self):
                    threading.Thread(target=time.sleep, args=[60]).start()
        """
        with running_job(source) as job:
            self.assertEqual(job.stop(timeout=9), 0)

    def is_closed(self, job):
        probe = socket.socket(socket.AF_UNIX)
        try:
            probe.connect(job.socket)
        except OSError:
            return True
        finally:
            probe.close()
        return False


class SocketTest(unittest.TestCase):
    def test_only_the_owner_may_open_it(self):
        with running_job(SLEEPER) as job:
            mode = os.stat(job.socket).st_mode
            self.assertTrue(stat.S_ISSOCK(mode))
            self.assertEqual(mode & 0o137, 0)

    def test_a_socket_left_by_a_dead_process_is_replaced(self):
        with running_job(SLEEPER) as job:
            job.process.kill()
            job.process.wait()
            self.assertTrue(os.path.exists(job.socket))
            arguments = ['run', '--uds', job.socket, '--', 'job.py']
            self.restart(job, arguments)
            job.wait_until_ready()

    def test_the_socket_of_a_living_process_is_not(self):
        with running_job(SLEEPER) as job:
            first = job.process
            self.restart(job, ['run', '--uds', job.socket, '--', 'job.py'])
            self.assertEqual(job.process.wait(10), 1)
            self.assertIn('another process is listening there', job.log())
            job.process = first
            self.assertEqual(job.call().status, 200)

    def test_it_listens_on_tcp_where_there_is_no_socket(self):
        with running_job(SLEEPER) as job:
            port = free_port()
            first = job.process
            self.restart(job, ['run', '--host', '127.0.0.1', '--port', str(port), '--', 'job.py'])
            try:
                wait_until(lambda: get_over_tcp(port, '/ready') == 200)
            finally:
                job.process.kill()
                job.process.wait()
                job.process = first

    def restart(self, job, arguments):
        python = os.path.join(ENVIRONMENT, 'bin', 'python')
        with open(os.path.join(job.folder, 'log'), 'ab') as log:
            job.process = subprocess.Popen(
                [python, '-u', '-B', os.path.join(ENVIRONMENT, 'wrapper', 'run_job.py'), *arguments],
                cwd=job.folder,
                stdout=log,
                stderr=log,
            )


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def get_over_tcp(port, path):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
    try:
        connection.request('GET', path)
        return connection.getresponse().status
    finally:
        connection.close()


if __name__ == '__main__':
    unittest.main()
