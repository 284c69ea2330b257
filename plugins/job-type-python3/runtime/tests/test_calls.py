"""The contract of `perform` and auxiliary endpoints, on a running job."""

import unittest

from tests.support import JSON, PERFORM, running_job

KEEPER = """
    class Keeper:
        kept = None

        def perform(self, rows):
            before, self.kept = self.kept, rows
            return before
"""

SOURCE = """
    import asyncio, sys
    from racetrack_job_wrapper.errors import AlreadyExists, EntityNotFound, UnauthorizedError, ValidationError

    class HTTPException(Exception):  # shaped as Starlette's
        def __init__(self, status_code, detail, headers=None):
            self.status_code, self.detail, self.headers = status_code, detail, headers

    class FrameworkResponse:
        status_code, body, raw_headers = 418, b'<p>tea</p>', [(b'content-type', b'text/html'), (b'x-own', b'1')]

    class JobEntrypoint:
        def perform(self, numbers=(), do='sum', **extra):
            "Adds *numbers*."
            return getattr(self, do)(numbers)

        def docs_input_example(self):
            return {'numbers': [40, 2]}

        def sum(self, numbers): return sum(numbers)
        def echo(self, value): return value
        def unicode(self, _): return {'żółw': (1, 2)}
        def nan(self, _): return {'a': [1, (n for n in [float('nan')]), float('nan')]}
        def unencodable(self, _): return {'a': [1, object()]}
        def type_error(self, _): return 1 + 'a'
        def value_error(self, _): raise ValueError('wrong value')
        def key_error(self, _): return {}['missing']
        def assertion(self, _): assert False, 'not so'
        def validation(self, _): raise ValidationError('refused')
        def unauthorized(self, _): raise UnauthorizedError('not you')
        def not_found(self, _): raise EntityNotFound('nothing there')
        def exists(self, _): raise AlreadyExists('twice')
        def http(self, _): raise HTTPException(418, {'why': 'teapot'}, {'X-Own': 'yes'})
        def exit(self, _): sys.exit('bye')
        def interrupt(self, _): raise KeyboardInterrupt('stop')
        def group(self, _): raise ExceptionGroup('g', [ValueError('a'), TypeError('b')])
        def group_of_one(self, _): raise ExceptionGroup('g', [ValueError('alone')])
        def response(self, _): return FrameworkResponse()
        def split_header(self, _):
            response = FrameworkResponse()
            response.raw_headers = [(b'location', b'/a\\r\\nset-cookie: b=1')]
            return response
        def odd_status(self, _):
            response = FrameworkResponse()
            response.status_code = 1000
            return response
        def split_media_type(self, _):
            from racetrack_job_wrapper.answers import Binary
            return Binary(b'', 'text/plain\\r\\nset-cookie: b=1')
        def split_http(self, _): raise HTTPException(500, 'no', {'X-Own': 'a\\nb'})
        async def coroutine(self, numbers): return sum(numbers)
        def context(self, _):
            request = self.request_context.get()
            self.request_extra.get()['seen'] = True
            return {
                'caller': request.headers['x-caller-name'],
                'case': request.headers.get('X-CALLER-NAME'),
                'absent': request.headers.get('x-absent'),
                'method': request.method,
                'extra': self.request_extra.get(),
            }

        def auxiliary_endpoints(self):
            return {'/explain': self.explain, 'bare': lambda: 'ok', '/later': self.later}

        def explain(self, x: float, y: float = 2):
            return {'x': x, 'y': y}

        async def later(self, x):
            await asyncio.sleep(0.01)
            if x < 0: raise ValueError('negative')
            if x == 0: sys.exit(1)
            return [x, self.request_context.get().headers['X-Caller-Name']]
"""

NAN = 'the result cannot be turned into JSON: $.a[2] is nan, which JSON cannot say; return None for a missing number'
UNENCODABLE = 'the result cannot be turned into JSON: $.a[1]: an object of type object'
#: What `do` is, status, body.
OUTCOMES = [
    ('sum', 200, 42),
    ('coroutine', 200, 42),
    ('unicode', 200, {'żółw': [1, 2]}),
    ('nan', 500, {'error': NAN, 'type': 'ValueError'}),
    ('unencodable', 500, {'error': UNENCODABLE, 'type': 'TypeError'}),
    ('type_error', 500, {'error': "unsupported operand type(s) for +: 'int' and 'str'", 'type': 'TypeError'}),
    ('value_error', 400, {'error': 'wrong value', 'type': 'ValueError'}),
    ('key_error', 500, {'error': "'missing'", 'type': 'KeyError'}),
    ('assertion', 500, {'error': 'not so', 'type': 'AssertionError'}),
    ('validation', 400, {'error': 'refused', 'type': 'ValidationError'}),
    ('unauthorized', 401, {'error': 'not you', 'type': 'UnauthorizedError'}),
    ('not_found', 404, {'error': 'nothing there', 'type': 'EntityNotFound'}),
    ('exists', 409, {'error': 'twice', 'type': 'AlreadyExists'}),
    ('exit', 500, {'error': "the job called sys.exit('bye')", 'type': 'SystemExit'}),
    ('interrupt', 500, {'error': 'stop', 'type': 'KeyboardInterrupt'}),
]


class CallsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._running = running_job(SOURCE, class_name='JobEntrypoint')
        cls.job = cls._running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._running.__exit__(None, None, None)

    def test_results_and_errors_have_their_status_and_body(self):
        for do, status, body in OUTCOMES:
            with self.subTest(do):
                answer = self.job.call(numbers=[40, 2], do=do)
                self.assertEqual(answer.status, status, answer.text)
                self.assertEqual(answer.headers['content-type'], 'application/json')
                if body is not None:
                    self.assertEqual(answer.json, body)

    def test_json_is_compact_utf_8(self):
        self.assertEqual(self.job.call(do='unicode').body, '{"żółw":[1,2]}'.encode())

    def test_an_argument_that_the_function_does_not_take_or_lacks_is_400(self):
        for arguments, expected in (
            ({}, 'missing 1 required'),
            ({'x': 1, 'z': 1}, r"has no argument 'z' \(known: x, y\)"),
        ):
            with self.subTest(expected):
                answer = self.job.call('/api/v1/explain', **arguments)
                self.assertEqual((answer.status, answer.json['type']), (400, 'ValueError'))
                self.assertRegex(answer.json['error'], f'^failed to call a function: .*explain\\(\\) .*{expected}')

    def test_an_empty_body_or_null_never_runs_the_example(self):
        for body in (b'', b'null'):
            with self.subTest(body):
                answer = self.job.request('POST', PERFORM, body, JSON)
                self.assertEqual((answer.status, answer.json), (200, 0))
        self.assertEqual(self.job.request('POST', '/api/v1/explain', b'').status, 400)

    def test_a_string_stays_a_string(self):
        self.assertEqual(self.job.call('/api/v1/explain', x='1').json, {'x': '1', 'y': 2})

    def test_a_body_without_content_type_is_json(self):
        self.assertEqual(self.job.request('POST', PERFORM, b'{"numbers":[1]}').json, 1)

    def test_a_body_of_another_kind_or_shape_is_422_with_detail_and_error(self):
        rows = [(b'{"numbers":[1]}', 'text/plain'), (b'[1]', 'application/json'), (b'{', 'application/json')]
        for body, content_type in rows:
            with self.subTest(body):
                answer = self.job.request('POST', PERFORM, body, {'Content-Type': content_type})
                self.assertEqual(answer.status, 422)
                self.assertEqual(answer.json['detail'][0]['loc'], ['body'])
                self.assertTrue(answer.json['error'].startswith('invalid request body: '))

    def test_a_job_may_keep_large_arguments_and_look_at_them_later(self):
        rows = [[number, str(number)] for number in range(20_000)]
        for options in ((), ('--call-timeout', '20')):
            with running_job(KEEPER, *options) as job:
                self.assertEqual(job.call(rows=rows).json, None)
                self.assertEqual(job.call(rows=[]).json, rows)

    def test_a_large_body_in_chunks_arrives_whole(self):
        numbers = b','.join([b'1'] * 300_000)
        parts = iter([b'{"numbers":[', numbers, b']}'])
        self.assertEqual(self.job.request('POST', PERFORM, b''.join(parts), JSON).json, 300_000)

    def test_an_http_exception_of_a_framework_keeps_status_detail_and_headers(self):
        answer = self.job.call(do='http')
        self.assertEqual((answer.status, answer.json['detail']), (418, {'why': 'teapot'}))
        self.assertEqual(answer.headers['x-own'], 'yes')
        self.assertIn('error', answer.json)

    def test_a_response_of_a_framework_is_sent_as_it_is(self):
        answer = self.job.call(do='response')
        self.assertEqual((answer.status, answer.text), (418, '<p>tea</p>'))
        self.assertEqual((answer.headers['content-type'], answer.headers['x-own']), ('text/html', '1'))

    def test_an_answer_whose_head_cannot_be_sent_is_a_500_that_says_why(self):
        for do, reason in (
            ('split_header', 'the header location'),
            ('odd_status', 'the status 1000'),
            ('split_media_type', 'the header content-type'),
            ('split_http', 'no'),
        ):
            with self.subTest(do):
                answer = self.job.call(do=do)
                self.assertEqual(answer.status, 500)
                self.assertIn(reason, answer.json['error'])
                self.assertNotIn('set-cookie', answer.headers)

    def test_exception_groups_name_their_members(self):
        answer = self.job.call(do='group')
        if answer.json['type'] == 'NameError':
            self.skipTest('no exception groups in this Python')
        self.assertEqual((answer.status, answer.json), (500, {'error': 'a, b', 'type': 'ValueError, TypeError'}))
        alone = self.job.call(do='group_of_one')
        self.assertEqual((alone.status, alone.json), (400, {'error': 'alone', 'type': 'ValueError'}))

    def test_code_reads_the_current_request(self):
        headers = {**JSON, 'X-Caller-Name': 'User bob'}
        answer = self.job.request('POST', PERFORM, {'do': 'context'}, headers)
        expected = {
            'caller': 'User bob',
            'case': 'User bob',
            'absent': None,
            'method': 'POST',
            'extra': {'seen': True},
        }
        self.assertEqual(answer.json, expected)

    def test_auxiliary_endpoints_are_called_the_same_way(self):
        self.assertEqual(self.job.call('/pub/fatman/a/b/api/v1/explain', x=1).json, {'x': 1, 'y': 2})
        self.assertEqual(self.job.call('/api/v1/bare').json, 'ok')

    def test_coroutine_functions_are_awaited_with_their_own_context(self):
        headers = {**JSON, 'X-Caller-Name': 'ESC x'}
        answer = self.job.request('POST', '/api/v1/later', {'x': 1}, headers)
        self.assertEqual(answer.json, [1, 'ESC x'])
        self.assertEqual(self.job.call('/api/v1/later', x=-1).json, {'error': 'negative', 'type': 'ValueError'})

    def test_an_exit_in_a_coroutine_ends_neither_job_nor_loop(self):
        self.assertEqual(self.job.call('/api/v1/later', x=0).status, 500)
        self.assertEqual(self.job.request('POST', '/api/v1/later', {'x': 2}, {'X-Caller-Name': 'a'}).status, 200)

    def test_calls_are_counted_by_endpoint(self):
        self.job.call(numbers=[1])
        self.job.call(do='value_error')
        metrics = self.job.get('/metrics').text
        self.assertRegex(metrics, r'\nendpoint_requests_started_total{endpoint="/perform"} [1-9]')
        self.assertRegex(metrics, r'\nrequest_internal_errors_total{endpoint="/perform"} [1-9]')
        self.assertRegex(metrics, r'\nrequest_duration_bucket{endpoint="/perform",le="\+Inf"} [1-9]')
        self.assertRegex(metrics, r'\nlast_call_timestamp [1-9]')


if __name__ == '__main__':
    unittest.main()
