"""Files of the job served as they are (`static_endpoints`)."""

from __future__ import annotations

import mimetypes
import os
from dataclasses import dataclass
from typing import Any, Dict

from racetrack_job_wrapper.logs import logger
from racetrack_job_wrapper.responses import Response

#: What a folder shows at its own address.
INDEX = 'index.html'
#: Kinds that the standard table leaves out on some systems.
EXTRA_TYPES = {'.md': 'text/markdown', '.yaml': 'application/x-yaml', '.yml': 'application/x-yaml'}


@dataclass(frozen=True)
class StaticFile:
    path: str
    media_type: str

    def read(self) -> Response:
        """Reads the file anew, so that a job may rewrite it."""
        with open(self.path, 'rb') as file:
            body = file.read()
        return Response(200, body, [(b'content-type', with_charset(self.media_type))])


def list_static_files(entrypoint: Any) -> Dict[str, StaticFile]:
    """Every file by its path below `/api/v1`; raises `FileNotFoundError` for one that is not there."""
    if not hasattr(entrypoint, 'static_endpoints'):
        return {}
    files: Dict[str, StaticFile] = {}
    for path, described in entrypoint.static_endpoints().items():
        name, media_type = described if isinstance(described, tuple) else (described, None)
        files.update(_list_below(with_slash(path), os.fspath(name), media_type))
    return files


def with_slash(path: str) -> str:
    return path if path.startswith('/') else f'/{path}'


def _list_below(path: str, name: str, media_type: Any) -> Dict[str, StaticFile]:
    if os.path.isfile(name):
        return {path: StaticFile(os.path.abspath(name), media_type or guess_media_type(name))}
    if not os.path.isdir(name):
        raise FileNotFoundError(f"static file doesn't exist: {name}")
    files: Dict[str, StaticFile] = {}
    for folder, _, members in os.walk(name):
        for member in members:
            file = os.path.join(folder, member)
            relative = os.path.relpath(file, name).replace(os.sep, '/')
            served = f'{path.rstrip("/")}/{relative}'
            files[served] = StaticFile(os.path.abspath(file), guess_media_type(file))
            if member == INDEX:
                files[served[: -len(INDEX)]] = files[served]
    return files


def with_charset(media_type: str) -> bytes:
    return f'{media_type}{"; charset=utf-8" if media_type.startswith("text/") else ""}'.encode('latin-1')


def content_type_of(name: str) -> bytes:
    """By the name of a file."""
    extension = os.path.splitext(name)[1].lower()
    return with_charset(EXTRA_TYPES.get(extension) or mimetypes.guess_type(name)[0] or 'application/octet-stream')


def guess_media_type(name: str) -> str:
    extension = os.path.splitext(name)[1].lower()
    media_type = EXTRA_TYPES.get(extension) or mimetypes.guess_type(name)[0]
    if media_type is None:
        logger.warning('the media type of %s is unknown, it is served as text/plain', name)
    return media_type or 'text/plain'
