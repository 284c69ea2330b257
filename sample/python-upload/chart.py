"""Takes a table as a file; answers a picture, or another table."""

import csv
import io
import struct
import zlib
from typing import Dict, List

from racetrack_job_wrapper.answers import Binary
from racetrack_job_wrapper.files import UploadedFile

BAR_WIDTH, HEIGHT = 24, 100
INK, PAPER = b'\x2f\x6f\xde', b'\xff\xff\xff'


class Chart:
    def perform(self, table: UploadedFile) -> Binary:
        """A bar for each number in the last column of a CSV file, as a PNG picture."""
        values = [float(row[-1]) for row in read_rows(table)]
        return Binary(draw_bars(values), 'image/png', 'chart.png')

    def sum_up(self, table: UploadedFile) -> Binary:
        """The sum of the last column for each value of the first, as CSV."""
        sums: Dict[str, float] = {}
        for row in read_rows(table):
            sums[row[0]] = sums.get(row[0], 0) + float(row[-1])
        text = io.StringIO()
        csv.writer(text).writerows([('name', 'sum'), *sums.items()])
        return Binary(text.getvalue().encode(), 'text/csv; charset=utf-8', 'sums.csv')

    def auxiliary_endpoints(self):
        return {'/sums': self.sum_up}


def read_rows(table: UploadedFile) -> List[List[str]]:
    """The rows below the header."""
    rows = list(csv.reader(io.TextIOWrapper(table.file, 'utf-8', newline='')))[1:]
    if not rows or not all(rows):
        raise ValueError(f'{table.name} must be a CSV file with a header and at least one row')
    return rows


def draw_bars(values: List[float]) -> bytes:
    highest = max(*values, 1)
    heights = [round(value / highest * HEIGHT) for value in values]
    lines = [
        b'\0' + b''.join((INK if height > level else PAPER) * (BAR_WIDTH - 4) + PAPER * 4 for height in heights)
        for level in reversed(range(HEIGHT))
    ]
    size = struct.pack('>IIBBBBB', len(values) * BAR_WIDTH, HEIGHT, 8, 2, 0, 0, 0)  # 8 bits of red, green, blue
    chunks = [(b'IHDR', size), (b'IDAT', zlib.compress(b''.join(lines))), (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(make_chunk(*chunk) for chunk in chunks)


def make_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))
