import os


def get_tracing_header_name() -> str:
    return os.environ.get('REQUEST_TRACING_HEADER', 'X-Request-Tracing-Id')
