"""What a job writes on its standard output."""

import json
import unittest

from tests.support import JSON, PERFORM, running_job

SOURCE = """
    import logging
    logger = logging.getLogger(__name__)
    class Talker:
        def perform(self, fail=False):
            logger.debug('hidden')
            logger.info('hello %s', 'world')
            if fail: raise KeyError('gone')
"""
HEADERS = {**JSON, 'X-Request-Tracing-Id': 'trace-1', 'X-Caller-Name': 'User bob'}


class TextLogTest(unittest.TestCase):
    def test_lines_of_a_call_carry_its_tracing_id(self):
        with running_job(SOURCE) as job:
            job.request('POST', f'{PERFORM}?token=secret', {}, HEADERS)
            job.get('/pub/job/a/b/live')
            job.get('/metrics')
            log = job.wait_for_log('perform 200')
            self.assertRegex(log, r'\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] INFO  hello world, tracing_id=trace-1\n')
            self.assertRegex(log, r'\] INFO  POST /pub/job/sample/latest/api/v1/perform 200, tracing_id=trace-1\n')
            for absent in ('hidden', 'secret', 'bob', '/live', '/metrics', '/ready', '\033'):
                self.assertNotIn(absent, log)

    def test_an_error_is_a_line_with_its_place_and_the_traceback_below(self):
        with running_job(SOURCE) as job:
            job.request('POST', PERFORM, {'fail': True}, HEADERS)
            self.assertRegex(
                job.wait_for_log('perform 500'),
                r"ERROR /perform failed: 'gone', cause=KeyError, traceback=\S*/job\.py:\d+, tracing_id=trace-1\n"
                r'  Traceback \(most recent call last\):\n    File "\S*/job\.py", line \d+, in perform\n',
            )

    def test_the_caller_is_added_on_request(self):
        with running_job(SOURCE, env={'LOG_CALLER_NAME': 'true', 'CALLER_NAME_HEADER': 'X-Who'}) as job:
            job.request('POST', PERFORM, {}, {**HEADERS, 'X-Who': 'Job family a'})
            log = job.wait_for_log('perform 200')
            self.assertIn('INFO  hello world, tracing_id=trace-1, caller_name="Job family a"\n', log)
            self.assertIn('perform 200, tracing_id=trace-1, caller_name="Job family a"\n', log)


class StructuredLogTest(unittest.TestCase):
    def test_every_line_is_json_with_its_arguments_filled_in(self):
        with running_job(SOURCE, env={'LOG_STRUCTURED': '1', 'LOG_LEVEL': 'debug'}) as job:
            job.request('POST', PERFORM, {'fail': True}, HEADERS)
            lines = [json.loads(line) for line in job.wait_for_log('perform 500').splitlines()]
            by_message = {line['msg']: line for line in lines}
            self.assertEqual(by_message['hello world']['tracing_id'], 'trace-1')
            failed = by_message["/perform failed: 'gone'"]
            self.assertEqual((failed['cause'], failed['tracing_id']), ('KeyError', 'trace-1'))
            self.assertIn('raise KeyError', failed['exc_info'])
            self.assertIn(f'Request: POST {PERFORM}', by_message)
            self.assertRegex(by_message[f'POST {PERFORM} 500']['time'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$')


class OwnFormatterTest(unittest.TestCase):
    def test_a_formatter_of_the_job_shapes_all_lines(self):
        source = """
            import logging
            class Formatter(logging.Formatter):
                def format(self, record):
                    return f'<{record.levelname} {record.getMessage()}>'
            class A:
                def __init__(self):
                    for handler in logging.getLogger().handlers:
                        handler.setFormatter(Formatter())
                def perform(self): pass
        """
        with running_job(source, class_name='A') as job:
            job.call()
            self.assertIn(f'<INFO POST {PERFORM} 200>\n', job.wait_for_log('perform 200'))


if __name__ == '__main__':
    unittest.main()
