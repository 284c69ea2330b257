"""Shows how a docstring will look on a Swagger page. Pages only: there is nothing to perform."""

import html
from urllib.parse import urlencode

from markdown import Markdown
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

EXAMPLE = '# Adder\n\nAdds **numbers**:\n\n- `numbers`: a list'

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Docs formatter</title>
<link rel="stylesheet" href="static/style.css">
<form method="post" action="preview">
  <textarea name="raw_docs" rows="12" aria-label="Markdown">{source}</textarea>
  <button>Preview</button>
</form>
<article>{preview}</article></html>"""

#: The text comes from an address, which anybody may have made up: links in it must not be programs.
POLICY = {'Content-Security-Policy': "default-src 'none'; style-src 'self'; form-action 'self'"}


class DocsFormatter:
    def webview_app(self, base_url: str) -> Starlette:
        """An ASGI application; its routes are relative to `base_url`."""

        async def show_home(request: Request) -> RedirectResponse:
            return RedirectResponse(f'{base_url}/view', 307)

        async def preview(request: Request) -> RedirectResponse:
            async with request.form() as form:
                data = urlencode({'data': str(form.get('raw_docs', ''))})
            return RedirectResponse(f'{base_url}/view?{data}', 302)

        async def view(request: Request) -> HTMLResponse:
            source = request.query_params.get('data', EXAMPLE)
            return HTMLResponse(PAGE.format(source=html.escape(source), preview=render(source)), headers=POLICY)

        return Starlette(
            routes=[
                Route('/', show_home),
                Route('/preview', preview, methods=['POST']),
                Route('/view', view),
            ]
        )


def render(source: str) -> str:
    """HTML of Markdown, in which HTML is text like any other."""
    markdown = Markdown()
    markdown.preprocessors.deregister('html_block')
    markdown.inlinePatterns.deregister('html')
    return markdown.convert(source)
