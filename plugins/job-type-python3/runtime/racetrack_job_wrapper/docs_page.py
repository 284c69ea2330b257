"""The Swagger page, from files beside the wrapper: it needs no network."""

from __future__ import annotations

import html
import os
from typing import Dict, Optional

from racetrack_job_wrapper.responses import HTML, Response

#: File name and media type of what the page loads, by the last part of the path.
ASSETS = {
    'swagger-ui.css': 'text/css; charset=utf-8',
    'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
}});
</script>
<noscript>The description of this job is in <a href="openapi.json">openapi.json</a>.</noscript>
</body>
</html>
"""


class DocsPage:
    """Every address in the page is relative, so it works below any prefix."""

    def __init__(self, job_name: str, assets_dir: str):
        self._page = _PAGE.format(title=html.escape(f'Job - {job_name}')).encode()
        self._assets_dir = assets_dir
        self._cache: Dict[str, bytes] = {}

    def read_page(self) -> Response:
        return Response(200, self._page, [HTML])

    def find_asset(self, name: str) -> Optional[Response]:
        media_type = ASSETS.get(name)
        if media_type is None:
            return None
        if name not in self._cache:
            try:
                with open(os.path.join(self._assets_dir, name), 'rb') as file:
                    self._cache[name] = file.read()
            except OSError:
                return None
        headers = [(b'content-type', media_type.encode()), (b'cache-control', b'public, max-age=86400')]
        return Response(200, self._cache[name], headers)
