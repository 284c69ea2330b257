"""Small parts of the wrapper and of the build, without a process."""

import gc
import json
import os
import sys
import unittest
from types import ModuleType
from unittest import mock

from racetrack_job_wrapper import large_json
from racetrack_job_wrapper.arguments import BodyInvalid, parse_arguments
from racetrack_job_wrapper.dismantling import LargeArguments, dismantle
from racetrack_job_wrapper.entrypoint import find_entrypoint
from racetrack_job_wrapper.errors import SignatureMismatch, describe, present_failure
from racetrack_job_wrapper.metrics import Histogram, render_metric
from racetrack_job_wrapper.missing_packages import advise_on
from racetrack_job_wrapper.routing import split_prefix
from racetrack_job_wrapper.settings import read_settings
from racetrack_job_wrapper.signature import CallSignature, present_parameters
from racetrack_job_wrapper.user_metrics import render_user_metrics

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'build'))
from pip_runner import mask  # noqa: E402


class RoutingTest(unittest.TestCase):
    def test_a_prefix_of_any_name_and_version_is_split_off(self):
        rows = [
            ('/live', ('', '/live')),
            ('/pub/job/a/1.x/live', ('/pub/job/a/1.x', '/live')),
            ('/pub/fatman/a/latest/', ('/pub/fatman/a/latest', '/')),
            ('/pub/job/a/latest', ('/pub/job/a/latest', '')),
            ('/pub/job/a', ('', '/pub/job/a')),
            ('/pub/job/a/', ('', '/pub/job/a/')),
            ('/pub/job//b/live', ('', '/pub/job//b/live')),
            ('/pub/job/a//live', ('', '/pub/job/a//live')),
            ('/pub/jobs/a/b/live', ('', '/pub/jobs/a/b/live')),
        ]
        for path, expected in rows:
            with self.subTest(path):
                self.assertEqual(split_prefix(path), expected)


class SignatureTest(unittest.TestCase):
    def test_missing_and_unexpected_arguments_are_told_apart(self):
        def perform(x, y, z=1, *, mode):
            pass

        rows = [
            ({'x': 1, 'y': 2, 'mode': 'a'}, None),
            ({'x': 1, 'y': 2}, "missing 1 required positional argument: 'mode'"),
            ({}, "missing 3 required positional arguments: 'x', 'y' and 'mode'"),
            ({'x': 1, 'y': 2, 'mode': 'a', 'w': 1}, "has no argument 'w' (known: x, y, z, mode)"),
            (
                {'x': 1, 'Y': 2, 'mode': 'a'},
                "has no argument 'Y' (known: x, y, z, mode); missing 1 required positional argument: 'y'",
            ),
        ]
        for arguments, expected in rows:
            with self.subTest(str(arguments)):
                self.assertEqual(self.problem_of(perform, arguments), expected)

    def test_a_function_with_a_catch_all_takes_any_name(self):
        self.assertIsNone(self.problem_of(lambda **kwargs: None, {'anything': 1}))

    def test_a_caller_cannot_pass_the_instance(self):
        class Sample:
            def perform(self, **kwargs):
                pass

        self.assertEqual(self.problem_of(Sample().perform, {'self': 1}), "got multiple values for argument 'self'")

    def test_parameters_are_listed_with_required_ones_first(self):
        def perform(x: float, mode: str = 'a', *args: list, y: list, **rest):
            pass

        self.assertEqual(
            present_parameters(CallSignature(perform)),
            [
                {'name': 'x', 'type': 'float'},
                {'name': 'args', 'type': 'list'},
                {'name': 'mode', 'default_value': 'a', 'type': 'str'},
                {'name': 'y', 'default_value': None, 'type': 'list'},
            ],
        )

    def problem_of(self, function, arguments):
        try:
            CallSignature(function).check(arguments)
        except SignatureMismatch as error:
            self.assertNotIn('<locals>', str(error))
            return str(error).partition('() ')[2]
        return None


class BodyTest(unittest.TestCase):
    def test_objects_are_arguments_and_nothing_is_an_empty_object(self):
        rows = [(b'{"a":1}', {'a': 1}), (b'', {}), (b'null', {}), ('{"a":"ż"}'.encode('utf-16'), {'a': 'ż'})]
        for body, expected in rows:
            with self.subTest(body):
                self.assertEqual(parse_arguments(body, None), expected)

    def test_json_types_are_told_from_others(self):
        for content_type in (b'application/json; charset=utf-8', b'Application/JSON', b'application/ld+json'):
            with self.subTest(content_type):
                self.assertEqual(parse_arguments(b'{}', content_type), {})
        for content_type in (b'text/plain', b'application/x-www-form-urlencoded', b'text/x+json'):
            with self.subTest(content_type), self.assertRaises(BodyInvalid):
                parse_arguments(b'{}', content_type)

    def test_anything_but_an_object_is_refused(self):
        for body in (b'[]', b'1', b'"a"', b'{', b'\xff', b'[' * 100_000):
            with self.subTest(body[:10]), self.assertRaises(BodyInvalid):
                parse_arguments(body, b'application/json')


class LargeBodyTest(unittest.TestCase):
    def test_is_read_in_steps_to_the_same_value_or_error(self):
        values = [[], {}, 'a,]}"\\', -1.5e300, 12, None, [[1], 2, 'ż'], {'a': [1, {'b': ',"'}], '': True}]
        members = [values[number * 7 % len(values)] for number in range(60)]
        text = json.dumps({'first': members, 'second': dict(zip('abcdefgh', values))})
        slips = (',', ']', '{', '"', 'NaN', '1e')
        broken = [text[:at] + slip + text[at:] for at in range(0, len(text), 3) for slip in slips]
        for sample in (text, json.dumps(members, indent=1), f'{text} 1', '', *broken, *(text[:at] for at in range(99))):
            for window in (40, 200):
                with mock.patch.object(large_json, 'WINDOW', window), mock.patch.object(large_json, '_SMALL_WINDOW', 8):
                    self.assertEqual(
                        outcome_of(lambda s=sample: large_json.LargeReader(json.JSONDecoder(), s).read()),
                        outcome_of(lambda s=sample: json.loads(s)),
                        sample,
                    )

    def test_the_garbage_collector_goes_on_afterwards(self):
        with self.assertRaises(ValueError):
            large_json.LargeReader(json.JSONDecoder(), '[').read()
        self.assertTrue(gc.isenabled())


def outcome_of(read):
    try:
        return repr(read())
    except ValueError:
        return 'refused'


class DismantlingTest(unittest.TestCase):
    def test_frees_what_nobody_knows_and_leaves_alone_what_the_job_has_kept(self):
        table = [{'row': [float(column) for column in range(600)]} for _ in range(1000)]
        kept, inner = table[5], table[700]['row']
        arguments = LargeArguments(table=table, texts=[str(number) for number in range(5000)], name='x')
        copy = json.loads(json.dumps(table))
        dismantle(arguments)
        self.assertEqual((dict(arguments), table == copy), ({}, True))

        arguments = LargeArguments(table=table)
        del table
        dismantle(arguments)
        self.assertEqual((kept, inner), (copy[5], copy[700]['row']))
        self.assertFalse(any(type(each) is list and len(each) == 1000 for each in gc.get_referrers(kept)))


class ErrorsTest(unittest.TestCase):
    def test_an_error_that_cannot_be_printed_still_has_a_name(self):
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError

        self.assertEqual(present_failure(Odd()).body, {'error': 'Odd', 'type': 'Odd'})

    def test_a_description_names_the_root_cause(self):
        try:
            try:
                {}['a']
            except KeyError as cause:
                raise RuntimeError('outer') from cause
        except RuntimeError as error:
            self.assertRegex(describe(error), r'^outer, cause=KeyError, traceback=.*test_parts\.py:\d+$')

    def test_a_missing_variable_is_named_with_the_place_where_it_is_set(self):
        try:
            os.environ['MODEL_URL']
        except KeyError as error:
            expected = "runtime_env in job.yaml does not set the environment variable 'MODEL_URL'"
            self.assertEqual(present_failure(error).body, {'error': expected, 'type': 'KeyError'})
            self.assertTrue(describe(error).startswith(f'{expected}, cause=KeyError, traceback='))

    def test_a_missing_package_is_to_be_written_where_the_others_are(self):
        def advise(name):
            return advise_on(ModuleNotFoundError(f'No module named {name!r}', name=name), 'lib/needs.txt')

        self.assertEqual(advise('cv2.missing'), 'it comes with the package opencv-python: write it into lib/needs.txt')
        self.assertEqual(
            advise('helper'),
            'if helper.py is a file of yours, commit and push it; if helper is a package that you know, '
            'write it into lib/needs.txt',
        )
        self.assertEqual((advise('json.missing'), advise('test_parts')), ('', ''))


class MetricsTest(unittest.TestCase):
    def test_buckets_are_cumulative(self):
        histogram = Histogram()
        for seconds in (0.0005, 0.001, 0.3, 5000):
            histogram.observe(seconds)
        samples = {labels.get('le'): value for _, labels, value in histogram.samples('d', {})}
        self.assertEqual([samples[bound] for bound in ('0.001', '0.25', '0.5', '1000.0', '+Inf')], [2, 2, 3, 3, 4])

    def test_labels_and_help_are_escaped(self):
        text = render_metric('m', 'gauge', 'a\nb', [('m', {'l': 'q"\\\n'}, 1)])
        self.assertEqual(text, '# HELP m a\\nb\n# TYPE m gauge\nm{l="q\\"\\\\\\n"} 1.0\n')

    def test_rows_of_the_job_become_gauges_and_bad_ones_are_left_out(self):
        rows = [
            {'name': 'a', 'value': 1, 'description': 'x', 'labels': {'color': 'blue'}},
            {'name': 'a', 'value': 2},
            {'name': 'skipped', 'value': None},
            {'name': 'no value'},
            {'value': 3},
            {'name': '0bad', 'value': 1},
            {'name': 'b', 'value': 'NaN'},
        ]
        with self.assertLogs('racetrack', 'ERROR') as logs:
            text = render_user_metrics(rows)
        self.assertIn('# HELP a x\n# TYPE a gauge\na{color="blue"} 1.0\na 2.0\n', text)
        self.assertIn('b NaN\n', text)
        self.assertNotIn('skipped', text)
        self.assertEqual(len(logs.output), 3)


class EntrypointTest(unittest.TestCase):
    def test_the_only_class_of_the_file_is_found_and_imported_ones_are_not(self):
        own = type('Own', (), {'__module__': 'racetrack_job'})
        module = ModuleType('racetrack_job')
        module.Imported = unittest.TestCase
        with self.assertRaisesRegex(NameError, '^no class has been found in module, nor a function perform'):
            find_entrypoint(module, '')
        module.Own = module.Alias = own
        self.assertIs(find_entrypoint(module, ''), own)
        self.assertIs(find_entrypoint(module, 'Imported'), unittest.TestCase)

    def test_several_classes_need_a_name_that_exists(self):
        module = ModuleType('racetrack_job')
        module.A, module.B = (type(name, (), {'__module__': 'racetrack_job'}) for name in 'AB')
        module.function = len
        with self.assertRaisesRegex(NameError, '^multiple classes found in a module, .* Found: A, B'):
            find_entrypoint(module, '')
        for name in ('C', 'function'):
            with (
                self.subTest(name),
                self.assertRaisesRegex(NameError, f'^class name {name} was not found. Found: A, B$'),
            ):
                find_entrypoint(module, name)


class SettingsTest(unittest.TestCase):
    def test_the_timestamp_is_a_number(self):
        for text, expected in (('17', 17), ('', None), (None, None), ('x', 'x')):
            env = {} if text is None else {'JOB_DEPLOYMENT_TIMESTAMP': text}
            with self.subTest(text):
                self.assertEqual(read_settings(env).deployment_timestamp, expected)

    def test_flags_are_true_for_the_usual_words(self):
        for word, expected in (('Yes', True), ('1', True), ('T', True), ('0', False), ('on', False)):
            with self.subTest(word):
                self.assertEqual(read_settings({'LOG_STRUCTURED': word}).log_structured, expected)


class PipOutputTest(unittest.TestCase):
    def test_no_index_and_no_credentials_are_shown(self):
        rows = [
            ('Looking in indexes: https://u:p@index.example/simple', ''),
            ('Looking in links: /wheels', ''),
            ('  Downloading https://u:p@files.example/a/b/x-1.0.whl (3 kB)', '  Downloading .../x-1.0.whl (3 kB)'),
            ("HTTPSConnectionPool(host='index.example', port=443)", "HTTPSConnectionPool(host='...', port=443)"),
            ('Collecting git+https://t@git.example/o/r.git', 'Collecting git+.../r.git'),
            ('Successfully installed x-1.0', 'Successfully installed x-1.0'),
        ]
        for line, expected in rows:
            with self.subTest(line):
                self.assertEqual(mask(line), expected)


if __name__ == '__main__':
    unittest.main()
