"""Web pages of a job's own, made by WSGI and ASGI applications."""

import os
import threading
import unittest

from tests.support import running_job, starting_job

BASE = '/pub/job/sample/1.2.3/api/v1/webview'
LATEST = '/pub/job/sample/latest/api/v1/webview'

WSGI = """
    import os
    import time

    class Pages:
        def webview_app(self, base_url):
            def app(environ, start_response):
                path = environ['PATH_INFO']
                assert path.startswith(base_url), path
                below = path[len(base_url):]
                if below == '/away':
                    start_response('302 FOUND', [('Location', f'http://{environ["HTTP_HOST"]}{base_url}/there?x=1')])
                    return []
                if below == '/elsewhere':
                    start_response('302 FOUND', [('Location', 'https://example.com' + base_url)])
                    return []
                if below == '/raise':
                    raise KeyError('page')
                if below == '/exit':
                    raise SystemExit(3)
                if below == '/split':
                    start_response('200 OK', [('X-Own', 'a\\r\\nset-cookie: b=1')])
                    return [b'never']
                if below == '/part':
                    start_response('200 OK', [('Content-Type', 'text/plain')])
                    return self.break_off()
                while below == '/slow' and not os.path.exists('go on'):
                    time.sleep(0.01)
                if below == '/parts':
                    start_response('200 OK', [('Content-Type', 'text/plain')])
                    return (part for part in [b'a', b'', b'b'])
                body = environ['wsgi.input'].read()
                start_response('200 OK', [('Content-Type', 'text/html'), ('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2')])
                seen = [environ['REQUEST_METHOD'], below, environ['QUERY_STRING'], body.decode()]
                return [repr(seen).encode(), b'!']
            return app

        def break_off(self):
            yield b'a'
            raise RuntimeError('broke off')
"""

ASGI = """
    import asyncio
    import os
    import time

    class Pages:
        def webview_app(self, base_url):
            async def app(scope, receive, send):
                if scope['type'] == 'lifespan':
                    return await self.live(scope, receive, send)
                below = scope['path'][len(scope['root_path']):]
                if below == '/raise':
                    raise KeyError('page')
                if below == '/split':
                    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'x-own', b'a\\nb')]})
                while below == '/block' and not os.path.exists('go on'):
                    time.sleep(0.01)
                body = b''
                while True:
                    message = await receive()
                    body += message.get('body', b'')
                    if not message.get('more_body'):
                        break
                headers = [(b'content-type', b'text/plain'), (b'location', base_url.encode() + b'/there')]
                await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
                seen = [scope['method'], scope['root_path'], below, body.decode(), scope['state'].get('prepared')]
                await send({'type': 'http.response.body', 'body': repr(seen).encode(), 'more_body': True})
                await asyncio.sleep(0.01)
                await send({'type': 'http.response.body', 'body': b'!'})
            return app

        async def live(self, scope, receive, send):
            await receive()
            scope['state']['prepared'] = 'yes'
            await send({'type': 'lifespan.startup.complete'})
            await receive()
            print('closed in order', flush=True)
            await send({'type': 'lifespan.shutdown.complete'})
"""

FILES = {'static/app.js': 'let x = 1;', 'static/sub/a b.txt': 'text', 'secret.txt': 'not for callers'}


class WsgiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._running = running_job(WSGI, files=FILES)
        cls.job = cls._running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._running.__exit__(None, None, None)

    def test_sees_the_path_of_the_exact_version_whatever_alias_was_used(self):
        for prefix in ('', '/pub/job/sample/latest', '/pub/job/sample/1.2.3', '/pub/fatman/sample/1.x'):
            with self.subTest(prefix):
                answer = self.job.request('PUT', f'{prefix}/api/v1/webview/caf%C3%A9?a=1', 'body')
                self.assertEqual((answer.status, answer.headers['content-type']), (200, 'text/html'))
                self.assertIn("'PUT', '/caf\xc3\xa9', 'a=1', 'body']!", answer.text.replace('\\x', '\\x'))

    def test_without_a_slash_only_the_exact_version_is_served(self):
        self.assertIn("['GET', '', '', '']", self.job.get(BASE).text)
        answer = self.job.get(f'{LATEST}?a=1')
        self.assertEqual((answer.status, answer.headers['location']), (307, './webview/?a=1'))

    def test_redirects_stay_below_the_address_that_the_caller_used(self):
        self.assertEqual(self.job.get(f'{LATEST}/away').headers['location'], f'{LATEST}/there?x=1')
        self.assertEqual(self.job.get('/api/v1/webview/away').headers['location'], '/api/v1/webview/there?x=1')
        self.assertEqual(self.job.get(f'{BASE}/elsewhere').headers['location'], f'https://example.com{BASE}')

    def test_an_answer_may_come_in_parts(self):
        self.assertEqual(self.job.get(f'{BASE}/parts').text, 'ab')

    def test_a_page_that_fails_is_a_500_and_the_next_one_works(self):
        for path, reason in (('/raise', 'page'), ('/exit', 'SystemExit'), ('/split', 'x-own')):
            answer = self.job.get(BASE + path, headers={'X-Request-Tracing-Id': f'id-of-{reason}'})
            self.assertEqual((answer.status, answer.json['type']), (500, 'WebviewError'))
            self.assertEqual(answer.json['request_id'], f'id-of-{reason}')
            self.assertIn(f'tracing_id=id-of-{reason}', self.job.wait_for_log(reason))
        self.assertTrue(self.job.get(f'{BASE}/part').is_cut)  # an incomplete answer must not look complete
        self.assertEqual(self.job.get(f'{BASE}/').status, 200)

    def test_a_slow_page_holds_up_no_probe(self):
        assert_live_while_busy(self, self.job, f'{BASE}/slow')

    def test_a_body_that_is_too_long_is_refused(self):
        with running_job(WSGI, env={'JOB_MAX_BODY_BYTES': '10'}) as job:
            self.assertEqual(job.request('POST', f'{BASE}/', 'x' * 11).status, 413)
            self.assertEqual(job.request('POST', f'{BASE}/', 'x' * 10).status, 200)

    def test_the_folder_static_is_served_first(self):
        script = self.job.get(f'{LATEST}/static/app.js')
        self.assertEqual(script.text, 'let x = 1;')
        self.assertIn('javascript', script.headers['content-type'])
        self.assertEqual(self.job.get(f'{BASE}/static/sub/a%20b.txt').text, 'text')
        self.assertIn("'/static/none.js'", self.job.get(f'{BASE}/static/none.js').text)

    def test_no_path_leads_out_of_the_folder_static(self):
        for name in ('../secret.txt', '%2e%2e/secret.txt', 'sub/../../secret.txt', '..%2fsecret.txt'):
            with self.subTest(name):
                self.assertNotIn('not for callers', self.job.get(f'{BASE}/static/{name}').text)

    def test_browsers_may_keep_files_and_ask_for_parts(self):
        path = f'{BASE}/static/app.js'
        etag = self.job.get(path).headers['etag']
        self.assertEqual(self.job.get(path, headers={'If-None-Match': etag}).status, 304)
        part = self.job.get(path, headers={'Range': 'bytes=4-4'})
        self.assertEqual((part.status, part.text, part.headers['content-range']), (206, 'x', 'bytes 4-4/10'))
        self.assertEqual(self.job.get(path, headers={'Range': 'bytes=-2'}).text, '1;')
        self.assertEqual(self.job.get(path, headers={'Range': 'bytes=10-'}).status, 416)
        head = self.job.request('HEAD', path)
        self.assertEqual((head.status, head.body, head.headers['content-length']), (200, b'', '10'))

    def test_is_documented_and_needs_no_perform(self):
        self.assertIn('/api/v1/webview/{path}', self.job.get('/openapi.json').json['paths'])
        self.assertEqual(self.job.call(x=1).status, 400)


class AsgiTest(unittest.TestCase):
    def test_is_mounted_prepared_streamed_and_closed(self):
        with running_job(ASGI) as job:
            answer = job.request('POST', f'{LATEST}/view', 'body')
            self.assertEqual(answer.text, repr(['POST', LATEST, '/view', 'body', 'yes']) + '!')
            self.assertEqual(answer.headers['location'], f'{LATEST}/there')
            self.assertEqual(job.get(LATEST).headers['location'], './webview/')
            for path in ('/raise', '/split'):
                self.assertEqual(job.get(LATEST + path).json['type'], 'WebviewError')
            self.assertEqual(job.get('/api/v1/webview/').status, 200)
            self.assertEqual(job.stop(), 0)
            job.wait_for_log('closed in order')

    def test_a_page_that_blocks_holds_up_no_probe(self):
        with running_job(ASGI) as job:
            assert_live_while_busy(self, job, f'{BASE}/block')

    def test_what_is_no_application_fails_at_the_start_with_its_reason(self):
        source = 'class A:\n    def webview_app(self, base_url):\n        return lambda request: None\n'
        with starting_job(source) as job:
            job.wait_until_ready('/live', 500)
            self.assertIn('webview_app must return a WSGI application', job.get('/live').json['error'])

    def test_an_application_that_cannot_start_fails_the_job(self):
        source = ASGI.replace("await send({'type': 'lifespan.startup.complete'})", 'x = 1').replace(
            "scope['state']['prepared'] = 'yes'",
            "await send({'type': 'lifespan.startup.failed', 'message': 'no database'})",
        )
        with starting_job(source) as job:
            job.wait_until_ready('/live', 500)
            self.assertIn('no database', job.get('/live').json['error'])


def assert_live_while_busy(test, job, path):
    """The page goes on only after the probe was answered."""
    answers = []
    page = threading.Thread(target=lambda: answers.append(job.get(path)), daemon=True)
    page.start()
    test.assertEqual(job.get('/live').status, 200)
    test.assertEqual(answers, [])
    with open(os.path.join(job.folder, 'go on'), 'w', encoding='utf-8'):
        pass
    page.join(15)
    test.assertEqual([answer.status for answer in answers], [200])
