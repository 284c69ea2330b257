"""What a file of requirements may include."""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'build'))
from install_requirements import find_included, refuse_foreign_files  # noqa: E402


class FindIncludedTest(unittest.TestCase):
    def test_names_the_file_that_a_line_includes(self) -> None:
        for line, expected in [
            ('six==1.0', None),
            ('# -r other.txt', None),
            ('-r other.txt', 'other.txt'),
            ('-rother.txt  # why', 'other.txt'),
            ('--requirement=other.txt', 'other.txt'),
            ('--constraint limits.txt', 'limits.txt'),
            ('-c "limits.txt"', 'limits.txt'),
            ('-r https://example.com/r.txt', None),
            ('-r file:///etc/passwd', '/etc/passwd'),
            ('-r FILE:///etc/pass%77d', '/etc/passwd'),
        ]:
            with self.subTest(line):
                self.assertEqual(find_included(line), expected)

    def test_reads_variables_as_pip_does(self) -> None:
        with mock.patch.dict(os.environ, {'WHERE': '/etc'}):
            self.assertEqual(find_included('-r ${WHERE}/passwd'), '/etc/passwd')


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
                refuse_foreign_files('requirements.txt')
            finally:
                os.chdir(before)

    def test_lets_files_of_the_source_include_each_other(self) -> None:
        self.check({'requirements.txt': '-r lib/a.txt\n', 'lib/a.txt': '-r ../b.txt\n', 'b.txt': '-r requirements.txt\n'})

    def test_refuses_files_outside_at_any_depth(self) -> None:
        for content in ['-r ../outside.txt', '-r lib/../../outside.txt', '-c /etc/hosts', '-r \\\n../outside.txt']:
            with self.subTest(content), mock.patch('sys.stdout'), mock.patch('sys.stderr'), self.assertRaises(SystemExit):
                self.check({'requirements.txt': '-r lib/a.txt\n', 'lib/a.txt': content.replace('../o', '../../o')})


if __name__ == '__main__':
    unittest.main()
