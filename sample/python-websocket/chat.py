"""A chat room: whoever has the page open reads what the others write."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, Set

PAGE = Path(__file__).with_name('index.html').read_bytes()


class ChatEntrypoint:
    def __init__(self):
        self.members: Set[Callable] = set()

    def perform(self) -> Dict[str, int]:
        """How many people are in the room."""
        return {'members': len(self.members)}

    def webview_app(self, base_url: str):
        """An ASGI application without any framework; one of FastAPI or Starlette is returned in the same way."""

        async def app(scope: Dict[str, Any], receive: Callable, send: Callable) -> None:
            if scope['type'] == 'http':
                headers = [(b'content-type', b'text/html; charset=utf-8')]
                await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
                await send({'type': 'http.response.body', 'body': PAGE})
            elif scope['type'] == 'websocket':
                await self.chat(receive, send)

        return app

    async def chat(self, receive: Callable, send: Callable) -> None:
        await receive()  # websocket.connect
        await send({'type': 'websocket.accept'})
        self.members.add(send)
        try:
            message = await receive()
            while message['type'] == 'websocket.receive':
                await self.tell_everybody(message.get('text') or '')
                message = await receive()
        finally:
            self.members.discard(send)

    async def tell_everybody(self, text: str) -> None:
        line = json.dumps({'text': text, 'members': len(self.members)})
        for send in list(self.members):
            try:
                await send({'type': 'websocket.send', 'text': line})
            except OSError:  # has just left
                self.members.discard(send)
