"""Everything that a ready job answers beside calls."""

import unittest

from tests.support import PERFORM, running_job

SOURCE = """
    class Sample:
        def perform(self, x: int, y: float = 0.5, *, mode: str = 'a'):
            "Says **hello**."

        def docs_input_examples(self):
            return {'/perform': {'x': 1}}

        def static_endpoints(self):
            return {'/xrai': 'data.bin', 'manifest': ('job.yaml', 'application/x-yaml'), '/docs': 'site'}

        def metrics(self):
            return [{'name': 'positives', 'value': 3, 'labels': {'color': 'blue'}}]
"""
FILES = {
    'data.bin': 'x',
    'job.yaml': 'name: sample',
    'site/readme.md': '# hi',
    'site/sub/page.txt': 'page',
    'site/ui/index.html': '<p>',
}
ENV = {'JOB_DEPLOYMENT_TIMESTAMP': '1700000000', 'GIT_VERSION': 'abc', 'JOB_TYPE_VERSION': '2.16.0'}
PREFIXES = ('', '/pub/job/sample/1.2.3', '/pub/job/other/latest', '/pub/fatman/sample/1.x')


class EndpointsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._running = running_job(SOURCE, files=FILES, env=ENV)
        cls.job = cls._running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._running.__exit__(None, None, None)

    def test_probes_answer_at_the_root_and_below_any_prefix(self):
        for prefix in PREFIXES:
            with self.subTest(prefix):
                live = self.job.get(f'{prefix}/live')
                self.assertEqual((live.status, live.headers['content-type']), (200, 'application/json'))
                self.assertEqual(live.json, {'live': True, 'deployment_timestamp': 1700000000})
                self.assertEqual(self.job.get(f'{prefix}/ready').json, {'ready': True})

    def test_health_tells_all_that_the_job_knows_of_itself(self):
        self.assertEqual(
            self.job.get('/health').json,
            {
                'service': 'job',
                'job_name': 'sample',
                'live': True,
                'ready': True,
                'status': 'pass',
                'error': None,
                'job_version': '1.2.3',
                'git_version': 'abc',
                'deployed_by_racetrack_version': None,
                'deployment_timestamp': 1700000000,
                'job_type_version': '2.16.0',
            },
        )

    def test_redirects_are_relative_and_keep_prefix_alias_and_query(self):
        rows = [
            ('/', './docs'),
            ('/pub/job/sample/latest/', './docs'),
            ('/pub/job/sample/latest', './latest/'),
            ('/pub/job/sample/latest/api/v1/docs/ui', './ui/'),
            ('/pub/job/sample/latest?a=1', './latest/?a=1'),
            ('/live/', '../live'),
            ('/pub/job/sample/1.x/api/v1/parameters/?a=1', '../parameters?a=1'),
        ]
        for path, location in rows:
            with self.subTest(path):
                answer = self.job.get(path)
                self.assertEqual((answer.status, answer.headers['location']), (307, location))

    def test_what_is_not_there_is_404_with_detail_and_error(self):
        for path in ('/nope', '/nope/', '/api/v1/perform/x', '/pub/job/sample', '/docs/secret.js', '/docs/../job.py'):
            with self.subTest(path):
                answer = self.job.get(path)
                self.assertEqual((answer.status, answer.json['detail']), (404, 'Not Found'))
                self.assertIn('error', answer.json)

    def test_a_wrong_method_is_405_and_says_which_is_right(self):
        rows = [('GET', PERFORM, 'POST'), ('POST', '/live', 'GET, HEAD'), ('DELETE', '/api/v1/xrai', 'GET, HEAD')]
        for method, path, allowed in rows:
            with self.subTest(path):
                answer = self.job.request(method, path)
                self.assertEqual((answer.status, answer.json['detail']), (405, 'Method Not Allowed'))
                self.assertEqual(answer.headers['allow'], allowed)

    def test_head_is_answered_as_get_without_a_body(self):
        answer = self.job.request('HEAD', '/live')
        self.assertEqual((answer.status, answer.body), (200, b''))
        self.assertEqual(answer.headers['content-length'], str(len(self.job.get('/live').body)))

    def test_parameters_are_listed(self):
        self.assertEqual(
            self.job.get('/api/v1/parameters').json,
            [
                {'name': 'x', 'type': 'int'},
                {'name': 'y', 'default_value': 0.5, 'type': 'float'},
                {'name': 'mode', 'default_value': 'a', 'type': 'str'},
            ],
        )

    def test_openapi_describes_the_job_below_the_prefix_it_was_asked_at(self):
        document = self.job.get('/pub/job/sample/1.2.3/openapi.json').json
        self.assertEqual(document['openapi'], '3.1.0')
        self.assertEqual(document['info']['title'], 'Job - sample')
        self.assertEqual([server['url'] for server in document['servers']], ['/pub/job/sample/1.2.3', '/'])
        operation = document['paths']['/api/v1/perform']['post']
        self.assertEqual((operation['summary'], operation['description']), ('Says hello.', 'Says **hello**.'))
        self.assertEqual(document['info']['description'], 'A job served by Racetrack')
        schema = operation['requestBody']['content']['application/json']['schema']
        self.assertEqual((schema['default'], schema['required']), ({'x': 1}, ['x']))
        self.assertIn('/api/v1/xrai', document['paths'])
        self.assertEqual(document['security'], [{'racetrackAuth': []}])

    def test_the_docs_page_loads_only_from_the_job_itself(self):
        page = self.job.get('/pub/job/sample/latest/docs')
        self.assertEqual((page.status, page.headers['content-type']), (200, 'text/html; charset=utf-8'))
        self.assertNotRegex(page.text, r'(?:src|href)="(?:https?:)?//')
        for asset, media_type in (('swagger-ui.css', 'text/css'), ('swagger-ui-bundle.js', 'text/javascript')):
            with self.subTest(asset):
                self.assertIn(f'"docs/{asset}"', page.text)
                answer = self.job.get(f'/pub/job/sample/latest/docs/{asset}')
                self.assertEqual(answer.status, 200)
                self.assertIn(media_type, answer.headers['content-type'])
                self.assertGreater(len(answer.body), 100_000)

    def test_redoc_leads_to_the_docs_page(self):
        self.assertEqual(self.job.get('/redoc').headers['location'], './docs')

    def test_static_files_have_their_type_and_no_way_out(self):
        rows = [
            ('/api/v1/manifest', 'application/x-yaml', 'name: sample'),
            ('/api/v1/docs/readme.md', 'text/markdown; charset=utf-8', '# hi'),
            ('/api/v1/docs/sub/page.txt', 'text/plain; charset=utf-8', 'page'),
            ('/api/v1/docs/ui/', 'text/html; charset=utf-8', '<p>'),
        ]
        for path, media_type, text in rows:
            with self.subTest(path):
                answer = self.job.get(path)
                self.assertEqual((answer.status, answer.text), (200, text))
                self.assertEqual(answer.headers['content-type'], media_type)
        self.assertEqual(self.job.get('/api/v1/docs').status, 404)
        self.assertEqual(self.job.get('/api/v1/docs/../job.py').status, 404)

    def test_metrics_are_in_the_prometheus_format_with_those_of_the_job(self):
        for path in ('/metrics', '/metrics/'):
            answer = self.job.get(path)
            self.assertEqual(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
            self.assertIn('positives{color="blue"} 3.0\n', answer.text)
            self.assertIn('# TYPE commons_request_duration histogram\n', answer.text)
            self.assertIn('process_resident_memory_bytes', answer.text)

    def test_pages_of_other_sites_may_call_but_not_with_the_session_of_a_browser(self):
        plain = self.job.get('/live', headers={'Origin': 'https://a.example'})
        self.assertEqual(plain.headers['access-control-allow-origin'], '*')
        self.assertNotIn('access-control-allow-credentials', plain.headers)
        asked = {
            'Origin': 'https://a.example',
            'Access-Control-Request-Method': 'POST',
            'Access-Control-Request-Headers': 'x-racetrack-auth',
        }
        preflight = self.job.request('OPTIONS', PERFORM, headers=asked)
        self.assertEqual(preflight.status, 200)
        self.assertEqual(preflight.headers['access-control-allow-headers'], 'x-racetrack-auth')
        self.assertIn('POST', preflight.headers['access-control-allow-methods'])
        self.assertNotIn('access-control-allow-origin', self.job.get('/live').headers)

    def test_every_answer_has_a_date_and_no_server_name(self):
        headers = self.job.get('/live').headers
        self.assertRegex(headers['date'], r'^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$')
        self.assertNotIn('server', headers)


class DocumentationTest(unittest.TestCase):
    SOURCE = '''
        """Makes orders."""
        from dataclasses import dataclass
        from typing import Iterator

        @dataclass
        class Bill:
            total: float

        class Sample:
            def perform(self, item, count: int = 1) -> Bill:
                """
                Sells **some** of
                an item. It is gone afterwards.

                :param item: its name, or
                    its number
                :param int count: how many
                :param haste: never taken
                :return: what it costs
                :raises ValueError: if there is none
                """

            def watch(self) -> Iterator[int]:
                yield 1

            def whole(self) -> int:
                return 1

            def unknown(self):
                pass

            def auxiliary_endpoints(self):
                return {'/watch': self.watch, '/whole': self.whole, '/unknown': self.unknown}

            def webview_app(self, base_url):
                return lambda environ, start_response: []
    '''

    @classmethod
    def setUpClass(cls):
        with running_job(cls.SOURCE, class_name='Sample') as job:
            cls.document = job.get('/openapi.json').json

    def operation(self, path, method='post'):
        return self.document['paths'][f'/api/v1{path}'][method]

    def content(self, path):
        return self.operation(path)['responses']['200']['content']

    def test_a_class_that_says_nothing_is_described_by_its_module(self):
        self.assertEqual(self.document['info']['description'], 'Makes orders.')

    def test_fields_of_a_docstring_describe_what_they_are_about(self):
        operation = self.operation('/perform')
        self.assertEqual(operation['summary'], 'Sells some of an item.')
        rest = '- `haste`: never taken\n- raises `ValueError`: if there is none'
        text = 'Sells **some** of\nan item. It is gone afterwards.'
        self.assertEqual(operation['description'], f'{text}\n\n{rest}')
        properties = operation['requestBody']['content']['application/json']['schema']['properties']
        self.assertEqual(properties['item'], {'description': 'its name, or its number'})
        self.assertEqual(properties['count'], {'type': 'integer', 'default': 1, 'description': 'how many'})
        self.assertEqual(operation['responses']['200']['description'], 'what it costs')

    def test_results_have_the_schema_of_their_annotation_and_no_made_up_example(self):
        bill = {'$ref': '#/components/schemas/Bill'}
        self.assertEqual(self.content('/perform')['application/json'], {'schema': bill})
        self.assertEqual(self.content('/whole')['application/json'], {'schema': {'type': 'integer'}})
        self.assertEqual(self.content('/unknown')['application/json'], {'schema': {}, 'example': 'any JSON value'})

    def test_streams_have_their_media_types(self):
        types = {name: content['schema'] for name, content in self.content('/watch').items()}
        self.assertEqual(types, {'text/event-stream': {'type': 'string'}, 'application/x-ndjson': {'type': 'integer'}})

    def test_the_start_page_of_a_webview_can_be_opened_without_a_path(self):
        operation = self.operation('/webview/', 'get')
        self.assertNotIn('parameters', operation)
        self.assertIn('](api/v1/webview/)', operation['description'])


class HomePageTest(unittest.TestCase):
    def test_the_root_leads_to_the_home_page_of_the_manifest(self):
        with running_job('class A:\n    def static_endpoints(self): return {}', '--home-page=/api/v1/webview') as job:
            self.assertEqual(job.get('/pub/job/a/b/').headers['location'], './api/v1/webview')

            refusal = job.get('/api/v1/parameters')
            self.assertEqual(refusal.status, 400)
            self.assertEqual(refusal.json['error'], "entrypoint doesn't have 'perform' method implemented")
            self.assertEqual(job.call().json, refusal.json)


if __name__ == '__main__':
    unittest.main()
