"""An ASGI application that answers at once, on the wrapper's own server: `bare.py WRAPPER_DIR PORT`."""

import os
import sys

wrapper, port = sys.argv[1], int(sys.argv[2])
sys.path[:0] = [os.path.join(wrapper, 'vendor'), wrapper]

from racetrack_job_wrapper.listening import listen_tcp  # noqa: E402
from racetrack_job_wrapper.server import JobServer, new_event_loop  # noqa: E402
from racetrack_job_wrapper.settings import read_settings  # noqa: E402


async def app(scope, receive, send):
    await receive()
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'2')]})
    await send({'type': 'http.response.body', 'body': b'42'})


async def main():
    await JobServer(app, listen_tcp('127.0.0.1', port), read_settings()).serve()


new_event_loop().run_until_complete(main())
