import dataclasses
import datetime
import decimal
import enum
import importlib.util
import json
import pathlib
import unittest
import uuid
from collections import deque, namedtuple

from racetrack_job_wrapper.encoding import encode_json


class Array:
    """Behaves as numpy's arrays and scalars do, and claims to come from there."""

    __module__ = 'numpy'

    def __init__(self, value):
        self._value = value

    def tolist(self):
        return self._value

    def __hash__(self):
        return 1


class Colour(enum.Enum):
    RED = 'red'


@dataclasses.dataclass
class Point:
    x: int
    secret: str = dataclasses.field(default='s', metadata={'exclude': True})


class Quantity:
    def __to_json__(self):
        return '100Mi'


class Model:
    def model_dump(self, mode, by_alias):
        return {'mode': mode, 'by_alias': by_alias}


class Plain:
    def __init__(self):
        self.a = 1


Pair = namedtuple('Pair', 'a b')

ROWS = [
    (None, 'null'),
    (True, 'true'),
    (42, '42'),
    (0.5, '0.5'),
    ('żółw "x"\n', '"żółw \\"x\\"\\n"'),
    ({'a': [1, (2, 3)], 'b': {}}, '{"a":[1,[2,3]],"b":{}}'),
    ({3}, '[3]'),
    (deque([1]), '[1]'),
    ((n for n in (1, 2)), '[1,2]'),
    (Pair(1, 2), '[1,2]'),
    ({1: 'a', 2.5: 'b', None: 'c'}, '{"1":"a","2.5":"b","null":"c"}'),
    (Array([[1, 2], [3, 4]]), '[[1,2],[3,4]]'),
    ({'deep': [Array(7), {'er': Array([1.5])}]}, '{"deep":[7,{"er":[1.5]}]}'),
    ({Array(3): 'numpy key'}, '{"3":"numpy key"}'),
    ({(1, 2): 'tuple key'}, '{"(1, 2)":"tuple key"}'),
    ({uuid.UUID(int=1): 1}, '{"00000000-0000-0000-0000-000000000001":1}'),
    (Point(1), '{"x":1}'),
    ([Point(1)], '[{"x":1}]'),
    (Quantity(), '"100Mi"'),
    (Model(), '{"mode":"json","by_alias":true}'),
    (Plain(), '{"a":1}'),
    (Colour.RED, '"red"'),
    (datetime.date(2024, 1, 2), '"2024-01-02"'),
    (datetime.datetime(2024, 1, 2, 3, 4, 5), '"2024-01-02T03:04:05"'),
    (datetime.timedelta(minutes=1), '60.0'),
    (decimal.Decimal('1.5'), '1.5'),
    (decimal.Decimal('2'), '2'),
    (pathlib.PurePosixPath('/a/b'), '"/a/b"'),
    (b'abc', '"abc"'),
    ('half \ud800', '"half \\ud800"'),
]


class EncodingTest(unittest.TestCase):
    def test_every_kind_of_value_has_its_json(self):
        for value, expected in ROWS:
            with self.subTest(expected):
                self.assertEqual(encode_json(value).decode(), expected)

    def test_not_a_number_and_infinities_are_value_errors_at_any_depth(self):
        for value in (float('nan'), float('inf'), [float('-inf')], Array([float('nan')])):
            with self.subTest(repr(value)), self.assertRaisesRegex(ValueError, 'not JSON compliant'):
                encode_json(value)

    def test_bytes_that_are_not_utf_8_are_a_unicode_error(self):
        with self.assertRaises(UnicodeDecodeError):
            encode_json({'a': b'\xff'})

    def test_what_has_no_representation_is_a_type_error_that_names_its_type(self):
        for value in (len, object(), int, [lambda: None]):
            with self.subTest(repr(value)), self.assertRaisesRegex(TypeError, 'cannot be turned into JSON'):
                encode_json(value)

    def test_a_cycle_ends_with_an_error(self):
        cycle = []
        cycle.append(cycle)
        with self.assertRaises((RecursionError, ValueError)):
            encode_json(cycle)

    def test_the_result_reads_back(self):
        value = {'a': [1, 2.5, 'x\u2028', None, True, {'': []}]}
        self.assertEqual(json.loads(encode_json(value)), value)


def has(package):
    return unittest.skipUnless(importlib.util.find_spec(package), f'{package} is not installed here')


class TablesTest(unittest.TestCase):
    @has('numpy')
    def test_arrays_dates_and_masked_values_of_numpy(self):
        import numpy

        rows = [
            ({'deep': [numpy.int8(1), numpy.bool_(True), numpy.float32(0.5)]}, '{"deep":[1,true,0.5]}'),
            (numpy.array(['2024-01-02', 'NaT'], dtype='datetime64[D]'), '["2024-01-02",null]'),
            (numpy.array([1500, 'NaT'], dtype='timedelta64[ms]'), '[1.5,null]'),
            (numpy.ma.array([1, 2], mask=[False, True]), '[1,null]'),
            (numpy.array(['a', None], dtype=object), '["a",null]'),
        ]
        for value, expected in rows:
            with self.subTest(expected):
                self.assertEqual(encode_json(value).decode(), expected)
        with self.assertRaises(ValueError):
            encode_json(numpy.array([float('nan')]))

    @has('pandas')
    def test_tables_of_pandas_are_lists_of_objects_and_what_is_missing_is_null(self):
        import pandas

        table = pandas.DataFrame({'a': [1, 2], 'b': [0.5, None], 'c': pandas.Categorical(['x', None])})
        rows = [
            (table, '[{"a":1,"b":0.5,"c":"x"},{"a":2,"b":null,"c":null}]'),
            ({'column': table['b']}, '{"column":[0.5,null]}'),
            (table.columns, '["a","b","c"]'),
            ([pandas.Timestamp('2024-01-02'), pandas.NaT, pandas.NA], '["2024-01-02T00:00:00",null,null]'),
            (pandas.array([1, None], dtype='Int64'), '[1,null]'),
            (pandas.Timedelta('90s'), '90.0'),
        ]
        for value, expected in rows:
            with self.subTest(expected):
                self.assertEqual(encode_json(value).decode(), expected)

    @has('polars')
    def test_tables_of_polars(self):
        import polars

        table = polars.DataFrame({'a': [1, None]})
        self.assertEqual(encode_json([table, table['a']]).decode(), '[[{"a":1},{"a":null}],[1,null]]')


if __name__ == '__main__':
    unittest.main()
