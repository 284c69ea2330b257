"""A handler whose parameters are changed on a page, while it runs."""

import html
import json
import os
from pathlib import Path
from urllib.parse import parse_qs

from racetrack_job_wrapper.call import call_job

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Settings</title>
<h1>Settings</h1>
<form method="post" action="save">
  <label>Offset <input name="offset" value="{offset}"></label> <button>Save</button> {note}
</form></html>"""


class Settings:
    """One number in a file that all instances and later versions share."""

    def __init__(self, file: Path):
        self._file = file

    def read(self) -> float:
        return json.loads(self._file.read_text())['offset'] if self._file.exists() else 0.0

    def write(self, offset: float) -> None:
        new = self._file.with_suffix('.new')
        new.write_text(json.dumps({'offset': offset}))
        new.replace(self._file)  # readers see the old file or the new one, never half of it


class SettingsHandler:
    def __init__(self):
        self.settings = Settings(Path(os.environ['JOB_DATA_DIR']) / 'settings.json')

    def perform(self, numbers: list):
        """Adds the numbers and the offset that the page shows."""
        return call_job(self, 'adder', '/api/v1/perform', {'numbers': [*numbers, self.settings.read()]})

    def webview_app(self, base_url: str):
        return self.serve_page

    async def serve_page(self, scope, receive, send):
        """An ASGI application: a form, and what it is sent to."""
        if scope['type'] != 'http':
            return
        if scope['method'] == 'POST':
            await answer(send, *self.save(await read_body(receive)))
        else:
            await answer(send, 200, self.render())

    def save(self, form: bytes):
        text = parse_qs(form.decode()).get('offset', [''])[0]
        try:
            self.settings.write(float(text))
        except ValueError:
            return 400, self.render(f'{text!r} is not a number.')
        return 200, self.render('Saved.')

    def render(self, note: str = '') -> str:
        return PAGE.format(offset=self.settings.read(), note=html.escape(note))

    def docs_input_example(self):
        return {'numbers': [40, 2]}


async def read_body(receive) -> bytes:
    body = b''
    while True:
        message = await receive()
        body += message.get('body', b'')
        if not message.get('more_body'):
            return body


async def answer(send, status: int, page: str) -> None:
    headers = [(b'content-type', b'text/html; charset=utf-8')]
    await send({'type': 'http.response.start', 'status': status, 'headers': headers})
    await send({'type': 'http.response.body', 'body': page.encode()})
