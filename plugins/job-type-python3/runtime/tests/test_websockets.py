"""WebSockets of a job's own pages."""

import asyncio
import contextlib
import json
import os
import sys
import time
import unittest
from unittest import mock

from racetrack_job_wrapper import websocket_pulse
from tests.support import ENVIRONMENT, UnixConnection, running_job, wait_until

sys.path.append(os.path.join(ENVIRONMENT, 'wrapper', 'vendor'))
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402
from websockets.sync.client import unix_connect  # noqa: E402

BASE = '/pub/job/sample/latest/api/v1/webview'

PAGES = """
    import asyncio
    import os
    import time

    class Pages:
        def webview_app(self, base_url):
            return app

    async def app(scope, receive, send):
        if scope['type'] == 'lifespan':
            await receive()
            scope['state']['prepared'] = 'yes'
            await send({'type': 'lifespan.startup.complete'})
            return
        if scope['type'] == 'http':
            await send({'type': 'http.response.start', 'status': 200, 'headers': []})
            await send({'type': 'http.response.body', 'body': b'page'})
            return
        assert (await receive())['type'] == 'websocket.connect'
        await ROOMS[scope['path'][len(scope['root_path']):]](scope, receive, send)

    async def echo(scope, receive, send):
        headers = [(b'x-own', b'caf\\xe9'), (b'sec-websocket-accept', b'forged')]
        protocol = (scope['subprotocols'] or [None])[-1]
        await send({'type': 'websocket.accept', 'subprotocol': protocol, 'headers': headers})
        while True:
            message = await receive()
            if message['type'] == 'websocket.disconnect':
                print('left with', message['code'], message['reason'], flush=True)
                return
            await send({**message, 'type': 'websocket.send'})

    async def show(scope, receive, send):
        await send({'type': 'websocket.accept'})
        headers = dict(scope['headers'])
        seen = [scope['path'], scope['root_path'], scope['query_string'].decode(), scope['state']['prepared']]
        for each in (*seen, repr(sorted(headers)), headers.get(b'cookie', b'').decode()):
            await send({'type': 'websocket.send', 'text': each})

    async def refuse(scope, receive, send):
        await send({'type': 'websocket.close'})

    async def respond(scope, receive, send):
        await send({'type': 'websocket.http.response.start', 'status': 401, 'headers': [(b'x-own', b'a')]})
        await send({'type': 'websocket.http.response.body', 'body': b'who ', 'more_body': True})
        await send({'type': 'websocket.http.response.body', 'body': b'are you?'})

    async def early(scope, receive, send):
        raise KeyError('before')

    async def late(scope, receive, send):
        await send({'type': 'websocket.accept'})
        raise KeyError('after')

    async def close(scope, receive, send):
        await send({'type': 'websocket.accept'})
        await send({'type': 'websocket.close', 'code': 4000, 'reason': 'enough'})

    async def talk(scope, receive, send):
        await send({'type': 'websocket.accept'})
        while True:  # never asks whether anybody is there
            await send({'type': 'websocket.send', 'bytes': bytes(65536)})

    async def hesitate(scope, receive, send):
        await send({'type': 'websocket.accept'})
        while not os.path.exists('go on'):
            await asyncio.sleep(0.01)
        count = 0
        while True:
            try:
                message = await asyncio.wait_for(receive(), 0.001)
            except asyncio.TimeoutError:
                continue
            if message['type'] == 'websocket.disconnect':
                return
            count += 1
            await send({'type': 'websocket.send', 'text': str(count)})

    async def block(scope, receive, send):
        await send({'type': 'websocket.accept'})
        while not os.path.exists('go on'):
            time.sleep(0.01)

    async def doze(scope, receive, send):
        print('asked', flush=True)
        while (await receive())['type'] != 'websocket.disconnect':
            pass
        print('left before the answer', flush=True)

    ROOMS = {'/': show, '/show': show, '/echo': echo, '/refuse': refuse, '/respond': respond, '/early': early,
             '/late': late, '/close': close, '/talk': talk, '/hesitate': hesitate, '/block': block,
             '/doze': doze}
"""

LISTING = """
    class Listing(Pages):
        def perform(self):
            import sys
            names = [name for name in sys.modules if 'websockets' in name]
            return [name for name in names if '.vendor_' not in name], len(names)
"""

WSGI = """
    class Pages:
        def perform(self):
            return 1

        def webview_app(self, base_url):
            def app(environ, start_response):
                start_response('200 OK', [])
                return [b'page']
            return app
"""


class WebSocketTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._running = running_job(PAGES, env={'JOB_MAX_BODY_BYTES': '300000'})
        cls.job = cls._running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._running.__exit__(None, None, None)

    def connect(self, path, job=None, base=BASE, **options):
        options.setdefault('compression', None)
        return unix_connect((job or self.job).socket, f'ws://localhost{base}{path}', max_size=None, **options)

    def test_carries_texts_and_bytes_of_any_length_both_ways(self):
        with self.connect('/echo', subprotocols=['chat', 'superchat']) as client:
            self.assertEqual(client.subprotocol, 'superchat')
            self.assertIn(client.response.headers['x-own'].encode('latin-1', 'surrogateescape'), (b'caf\xe9',))
            for message in ('', 'zażółć', b'', b'\x00\xff', 'x' * 300_000, bytes(70_000)):
                client.send(message)
                self.assertEqual(client.recv(), message)
            client.send(['in ', 'three ', 'parts'])
            self.assertEqual(client.recv(), 'in three parts')
            self.assertTrue(client.ping().wait(5))
            client.close(4321, 'bye')
        self.job.wait_for_log('left with 4321 bye')

    def test_is_mounted_like_pages_and_never_sees_what_the_caller_proves_itself_with(self):
        headers = {'X-Racetrack-Auth': 'secret', 'Cookie': 'X-Racetrack-Auth=secret; a=b'}
        with self.connect('/show?q=1', additional_headers=headers) as client:
            path, root, query, prepared, names, cookie = list(client)
        self.assertEqual((path, root, query, prepared, cookie), (f'{BASE}/show', BASE, 'q=1', 'yes', 'a=b'))
        self.assertNotIn('x-racetrack-auth', names)
        for path in ('', '/'):
            with self.connect(path) as client:
                self.assertEqual(client.recv(), f'{BASE}/')

    def test_the_opening_is_noted_with_its_id_and_counted(self):
        with self.connect('/echo', additional_headers={'X-Request-Tracing-Id': 'id-of-opening'}):
            self.job.wait_for_log(f'GET {BASE}/echo 101, tracing_id=id-of-opening')
            self.assertIn('\nwebsockets_open 1.0', self.job.get('/metrics').text)
        wait_until(lambda: '\nwebsockets_open 0.0' in self.job.get('/metrics').text)

    def test_a_page_may_refuse_in_two_ways(self):
        answer = self.refused('/refuse', additional_headers={'X-Request-Tracing-Id': 'id-of-refusal'})
        self.assertEqual((answer.status_code, json.loads(answer.body)['request_id']), (403, 'id-of-refusal'))
        answer = self.refused('/respond')
        self.assertEqual((answer.status_code, answer.headers['x-own'], answer.body), (401, 'a', b'who are you?'))

    def test_a_page_that_raises_is_logged_with_the_id_of_the_request(self):
        answer = self.refused('/early', additional_headers={'X-Request-Tracing-Id': 'id-of-early'})
        self.assertEqual((answer.status_code, json.loads(answer.body)['type']), (500, 'WebviewError'))
        self.assertIn('tracing_id=id-of-early', self.job.wait_for_log("'before'"))
        with self.connect('/late', additional_headers={'X-Request-Tracing-Id': 'id-of-late'}) as client:
            self.assert_closed(client, 1011)
        self.assertIn('tracing_id=id-of-late', self.job.wait_for_log("'after'"))

    def test_a_page_closes_with_a_code_and_a_reason_or_by_returning(self):
        with self.connect('/close') as client:
            self.assertEqual(self.assert_closed(client, 4000).reason, 'enough')
        with self.connect('/show') as client:
            self.assertEqual(len(list(client)), 6)  # raises unless it was 1000

    def test_a_message_that_is_too_long_or_no_text_ends_the_connection(self):
        for content, code in (('x' * 300_001, 1009), (['x' * 200_000] * 2, 1009), (b'\xff', 1007)):
            with self.connect('/echo') as client:
                with contextlib.suppress(ConnectionClosed):  # when it is refused before all of it is sent
                    client.send(content, text=True)
                self.assert_closed(client, code)

    def test_an_opening_that_is_none_is_refused_with_the_reason(self):
        opening = {'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13'}
        answer = self.job.get(f'{BASE}/echo', headers=opening)
        self.assertEqual((answer.status, 'Sec-WebSocket-Key' in answer.json['error']), (400, True))
        key = {'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=='}
        answer = self.job.get(f'{BASE}/echo', headers={**opening, **key, 'Sec-WebSocket-Version': '8'})
        self.assertEqual((answer.status, answer.headers['sec-websocket-version']), (400, '13'))
        self.assertEqual(self.job.get(f'{BASE}/echo').text, 'page')

    def test_other_addresses_say_that_they_have_none(self):
        for path, status in (('/docs', 400), ('/live', 400), ('/nowhere', 404), ('/api/v1/webviewer', 404)):
            self.assertEqual(self.refused(path, base='').status_code, status)
        with running_job(WSGI) as job:
            answer = self.refused('/', job=job)
            self.assertEqual((answer.status_code, 'ASGI' in json.loads(answer.body)['error']), (400, True))
            self.assertEqual(job.get(f'{BASE}/').text, 'page')

    def test_who_does_not_listen_holds_the_page_up_and_nothing_else(self):
        with running_job(PAGES) as job:
            client = self.connect('/talk', job)
            before = memory_of(job)
            time.sleep(0.5)
            self.assertEqual(job.get('/live').status, 200)
            self.assertLess(memory_of(job) - before, 30_000_000)
            client.socket.close()  # the page, which sends on, is not worth an error
            wait_until(lambda: '\nwebsockets_open 0.0' in job.get('/metrics').text)
            self.assertNotIn('ERROR', job.log())

    def test_a_page_that_does_not_listen_holds_the_caller_up_and_loses_nothing(self):
        with running_job(PAGES) as job:
            client = self.connect('/hesitate', job)
            client.socket.settimeout(0.3)
            sent = 0
            with self.assertRaises(OSError):
                while sent < 20_000:
                    client.socket.sendall(frame(bytes(4000)))
                    sent += 1
            self.assertLess(sent, 2_000)
            self.assertEqual(job.get('/live').status, 200)

        with running_job(PAGES) as job, self.connect('/hesitate', job) as client:
            open(os.path.join(job.folder, 'go on'), 'w').close()
            for count in range(1, 301):
                client.send('again')
                if count % 100 == 0:
                    time.sleep(0.01)
            self.assertEqual([client.recv() for _ in range(300)], [str(each) for each in range(1, 301)])

    def test_a_page_that_computes_delays_no_probe(self):
        with running_job(PAGES) as job, self.connect('/block', job) as client:
            self.assertEqual(job.get('/live').status, 200)
            open(os.path.join(job.folder, 'go on'), 'w').close()
            self.assert_closed(client, 1000)

    def test_a_job_that_stops_sends_callers_to_the_next_one(self):
        with running_job(PAGES) as job, self.connect('/echo', job) as client:
            job.process.terminate()
            self.assert_closed(client, 1012)
            self.assertEqual(job.process.wait(10), 0)
            self.assertIn('left with 1012', job.log())

    def test_the_library_is_loaded_with_the_first_one_and_never_seen_by_the_job(self):
        with running_job(PAGES + LISTING, class_name='Listing') as job:
            self.assertEqual(job.call().json, [[], 0])
            with self.connect('/echo', job):
                seen, loaded = job.call().json
        self.assertEqual((seen, loaded > 0), ([], True))

    def test_frames_with_nothing_in_them_end_the_connection(self):
        for name, content in (('pongs', b'\x8a\x80' + bytes(4)), ('crumbs', b'\x00\x81' + bytes(5))):
            with self.subTest(name), self.connect('/echo') as client:
                with contextlib.suppress(OSError):
                    client.socket.sendall(b'\x02\x80' + bytes(4) + content * 10_000)
                self.assert_closed(client, 1008)

    def test_many_short_messages_are_no_reason_to_end_it(self):
        with self.connect('/echo') as client:
            for _ in range(30):
                client.socket.sendall((b'\x81\x81' + bytes(4) + b'a') * 200)
                self.assertEqual({client.recv() for _ in range(200)}, {'a'})
            client.send(['part'] * 1000)
            self.assertEqual(client.recv(), 'part' * 1000)
            client.socket.sendall(frame(b'first') + frame(bytes(65_000)) * 4 + frame(b'last'))
            self.assertEqual([len(client.recv()) for _ in range(6)], [5, *[65_000] * 4, 4])

    def test_a_caller_who_leaves_before_the_answer_is_noticed_whatever_came_before(self):
        with running_job(PAGES) as job:
            for count, length in enumerate((1000, 100_000), 1):
                connection = self.open(job, '/doze')
                wait_until(lambda count=count: job.log().count('asked') == count)
                with contextlib.suppress(OSError):
                    connection.sock.sendall(bytes(length))
                    if length > 65536:
                        self.assertEqual(connection.sock.recv(1), b'')  # nobody keeps that much
                connection.close()
                wait_until(lambda count=count: job.log().count('left before the answer') == count)

    def open(self, job, path):
        connection = UnixConnection(job.socket, 10)
        connection.connect()
        lines = [f'GET {BASE}{path} HTTP/1.1', 'Host: a', 'Connection: keep-alive, Upgrade', 'Upgrade: WebSocket']
        lines += ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', f'X-Long: {"x" * 9000}']
        connection.sock.sendall('\r\n'.join([*lines, '', '']).encode())
        return connection

    def test_bytes_that_are_no_frame_end_the_connection(self):
        connection = self.open(self.job, '/echo')
        answer = connection.sock.recv(65536)
        self.assertIn(b's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', answer)
        self.assertEqual(answer.lower().count(b'sec-websocket-accept'), 1)
        connection.sock.sendall(b'\xff' * 100)
        self.assertEqual(connection.sock.recv(65536)[2:4], (1002).to_bytes(2, 'big'))
        self.assertEqual(connection.sock.recv(65536), b'')
        connection.close()

    def refused(self, path, **options):
        with self.assertRaises(InvalidStatus) as caught:
            self.connect(path, **options)
        return caught.exception.response

    def assert_closed(self, client, code):
        with self.assertRaises(ConnectionClosed) as caught:
            while True:
                client.recv(10)
        self.assertEqual(caught.exception.rcvd.code if caught.exception.rcvd else None, code)
        return caught.exception.rcvd


class PulseTest(unittest.TestCase):
    def test_silence_after_a_ping_ends_the_connection_unless_it_is_ours_or_something_moves(self):
        for name, expected in (('silent', 'gave up'), ('answers', 'pings'), ('deaf', 'pings'), ('slow', 'pings')):
            with self.subTest(name), mock.patch.object(websocket_pulse, 'PING_SECONDS', 0.001):
                self.assertEqual(asyncio.run(self.observe(name)), expected)

    async def observe(self, name):
        ended, unsent = asyncio.Event(), iter(range(1000, 0, -1))
        pings = []

        def ping():
            pings.append(1)
            if name == 'answers':
                pulse.hear()
            if len(pings) == 5:
                ended.set()

        pulse = websocket_pulse.Pulse(ping, ended.set, lambda: next(unsent) if name == 'slow' else 0)
        pulse.is_deaf = name == 'deaf'
        pulse.start()
        await asyncio.wait_for(ended.wait(), 10)
        pulse.stop()
        return 'pings' if len(pings) == 5 else 'gave up'


def frame(content):
    """A binary frame as callers send them, with a mask that changes nothing."""
    return b'\x82\xfe' + len(content).to_bytes(2, 'big') + bytes(4) + content


def memory_of(job):
    with open(f'/proc/{job.process.pid}/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
