import os


def debug_mode_enabled() -> bool:
    return os.environ.get('DEBUG', '').lower() in ('1', 'true', 'yes', 'on')
