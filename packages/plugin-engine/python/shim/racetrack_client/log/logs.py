from __future__ import annotations

import logging


def get_logger(logger_name: str) -> logging.Logger:
    return logging.getLogger(f'racetrack.{logger_name}')
