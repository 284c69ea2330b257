"""What a file of requirements may include."""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'build'))
from install_requirements import find_included, list_files, read_secrets, without_editable  # noqa: E402
from pip_hints import explain  # noqa: E402


class FindIncludedTest(unittest.TestCase):
    def test_names_the_file_that_a_line_includes(self) -> None:
        for line, expected in [
            ('six==1.0', []),
            ('# -r other.txt', []),
            ('-r other.txt', ['other.txt']),
            ('-rother.txt  # why', ['other.txt']),
            ('--requirement=other.txt', ['other.txt']),
            ('--requirem=other.txt', ['other.txt']),
            ('--con limits.txt', ['limits.txt']),
            ('--require-hashes', []),
            ('--pre -r a.txt -c b.txt', ['a.txt', 'b.txt']),
            ('--constraint limits.txt', ['limits.txt']),
            ('-c "limits.txt"', ['limits.txt']),
            ('-r https://example.com/r.txt', []),
            ('-r file:///etc/passwd', ['/etc/passwd']),
            ('-r FILE:///etc/pass%77d', ['/etc/passwd']),
        ]:
            with self.subTest(line):
                self.assertEqual(find_included(line), expected)

    def test_reads_variables_as_pip_does(self) -> None:
        with mock.patch.dict(os.environ, {'WHERE': '/etc'}):
            self.assertEqual(find_included('-r ${WHERE}/passwd'), ['/etc/passwd'])


class RefuseForeignFilesTest(unittest.TestCase):
    def check(self, files: dict[str, str]) -> None:
        before = os.getcwd()
        with tempfile.TemporaryDirectory() as root:
            source = os.path.join(root, 'source')
            os.makedirs(os.path.join(source, 'lib'))
            for name, content in {'../outside.txt': 'secret', **files}.items():
                with open(os.path.join(source, name), 'w', encoding='utf-8') as file:
                    file.write(content)
            os.chdir(source)
            try:
                list_files('requirements.txt')
            finally:
                os.chdir(before)

    def test_lets_files_of_the_source_include_each_other(self) -> None:
        self.check(
            {'requirements.txt': '-r lib/a.txt\n', 'lib/a.txt': '-r ../b.txt\n', 'b.txt': '-r requirements.txt\n'}
        )

    def test_refuses_files_outside_at_any_depth(self) -> None:
        for content in [
            '-r ../outside.txt',
            '-r lib/../../outside.txt',
            '-c /etc/hosts',
            '-r \\\n../outside.txt',
            '--requirem=/etc/hosts',
            '--pre -r /etc/hosts',
            '# a comment \\\n-r /etc/hosts',
            '\ufeff-r /etc/hosts',
            '# coding: utf-7\n+AC0-r /etc/hosts',
        ]:
            with (
                self.subTest(content),
                mock.patch('sys.stdout'),
                mock.patch('sys.stderr'),
                self.assertRaises(SystemExit),
            ):
                self.check({'requirements.txt': '-r lib/a.txt\n', 'lib/a.txt': content.replace('../o', '../../o')})


class EditableTest(unittest.TestCase):
    def test_packages_of_the_repository_are_installed_as_copies(self) -> None:
        for line, expected in [
            ('-e ./pkg', './pkg'),
            ('-e .', '.'),
            ('-e./pkg[dev]', './pkg[dev]'),
            ('--editable=pkg', './pkg'),
            ('-e "libs/a b"', '"./libs/a b"'),
            ('-e file:pkg', 'file:pkg'),
            ('-e git+https://example.com/r.git#egg=r', '-e git+https://example.com/r.git#egg=r'),
            ('--extra-index-url https://example.com', '--extra-index-url https://example.com'),
        ]:
            files = {'requirements.txt': '-r lib/a.txt\n-e ./other\n', 'lib/a.txt': f'six\n{line}\n'}
            with self.subTest(line), mock.patch('sys.stdout'), without_editable(files, 'requirements.txt') as path:
                with open(os.path.join(os.path.dirname(path), 'lib', 'a.txt'), encoding='utf-8') as file:
                    self.assertEqual(file.read(), f'six\n{expected}\n')

    def test_a_file_without_them_is_used_as_it_is(self) -> None:
        with without_editable({'requirements.txt': 'six'}, 'requirements.txt') as path:
            self.assertEqual(path, 'requirements.txt')


class ExplainTest(unittest.TestCase):
    def test_a_conflict_names_both_sides(self) -> None:
        printed = [
            'ERROR: Cannot install -r r.txt (line 1) and h11==0.16.0 because these package versions have conflicts.',
            '',
            'The conflict is caused by:',
            '    The user requested h11==0.16.0',
            '    httpcore 1.0.5 depends on h11<0.15 and >=0.13',
            '',
            'To fix this you could try to:',
        ]
        self.assertEqual(
            explain(printed, 'r.txt'),
            'Requirements contradict each other: r.txt asks for h11==0.16.0, but httpcore 1.0.5 needs h11<0.15 and '
            '>=0.13. Change one of them.',
        )

    def test_a_package_that_does_not_exist_is_named(self) -> None:
        text = explain(['ERROR: No matching distribution found for nosuch==1'], 'r.txt')
        self.assertIn('There is no nosuch==1 for this Python', text or '')

    def test_other_failures_are_left_to_pip(self) -> None:
        self.assertIsNone(explain(['ERROR: no space left'], 'r.txt'))


class SecretsTest(unittest.TestCase):
    def test_are_read_from_a_file_and_never_run(self) -> None:
        with tempfile.NamedTemporaryFile('w', suffix='.env') as file:
            file.write('TOKEN="a$(id)\\"b"\nbad line\n')
            file.flush()
            self.assertEqual(read_secrets(file.name), {'TOKEN': 'a$(id)\\"b'})
        self.assertEqual(read_secrets('/nonexistent'), {})


if __name__ == '__main__':
    unittest.main()
