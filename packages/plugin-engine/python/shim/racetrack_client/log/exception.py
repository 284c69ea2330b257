from __future__ import annotations

import os
import traceback


def short_exception_details(e: BaseException) -> str:
    """The message, the kind of the first cause and where it was raised, in one line."""
    root = e
    while root.__cause__ is not None:
        root = root.__cause__
    frames = traceback.extract_tb(root.__traceback__)
    places = ', '.join(f'{os.path.basename(frame.filename)}:{frame.lineno}' for frame in frames)
    return f'{e}, cause={type(root).__name__}, traceback={places}'
