"""The examples of the job type's page in the manual, run as one job."""

import os
import re
import subprocess
import sys
import unittest

from tests.support import ENVIRONMENT, running_job

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..', '..', '..'))
PAGE = os.path.join(ROOT, 'docs', 'job_types', 'python3.md')

JOB = """
    import functions
    from adder import Adder
    from chain import Chain
    from countdown import Countdown
    from endpoints import Shop
    from pages import Pages
    from shipping import Shipping
    from shapes import Shapes
    from upload import Counter

    class All(Shop):
        def auxiliary_endpoints(self):
            jobs = {'adder': Adder(), 'chain': Chain(), 'countdown': Countdown(), 'functions': functions,
                    'shapes': Shapes(), 'shipping': Shipping(), 'upload': Counter()}
            return {**super().auxiliary_endpoints(), **{f'/{name}': job.perform for name, job in jobs.items()}}

        def webview_app(self, base_url):
            return Pages().webview_app(base_url)
"""
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="document"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
    b'one\ntwo\r\n--x--\r\n'
)


class ManualTest(unittest.TestCase):
    def test_its_examples_do_what_it_says(self):
        with open(PAGE, encoding='utf-8') as file:
            blocks = dict(re.findall(r'```python file=(\S+)\n(.*?)```', file.read(), re.DOTALL))
        with running_job(JOB, class_name='All', files=blocks) as job:
            for path, arguments, expected in (
                ('/adder', {'numbers': [40, 2]}, 42),
                ('/functions', {'number': 21}, 42),
                ('/shapes', {'sheet': {'sizes': [{'width': 2, 'height': 3}], 'unit': 'ft'}},
                 {'area': 6, 'unit': 'FOOT', 'year': 2026}),
                ('/shipping', {'weight': 1.5}, {'price': 1.5, 'days': 3}),
                ('/price', {'item': 'tea'}, {'item': 'tea', 'price': 3}),
                ('/perform', {'item': 'tea'}, {'item': 'tea', 'price': 3}),
            ):  # fmt: skip
                with self.subTest(path):
                    self.assertEqual(job.call(f'/api/v1{path}', **arguments).json, expected)
            self.assertEqual(job.call('/api/v1/shapes', sheet={'sizes': [{'width': 2}]}).status, 400)
            self.assertEqual(job.get('/api/v1/multiply/4?times=3').json, 12)
            self.assertEqual(job.get('/api/v1/multiply/four').status, 422)
            self.assertEqual(job.call('/api/v1/countdown', start=2).text, '{"number":2}\n{"number":1}\n')
            form = job.request('POST', '/api/v1/upload', FORM, {'Content-Type': 'multipart/form-data; boundary=x'})
            self.assertEqual(form.json, {'title': 'a.txt', 'bytes': 7, 'lines': 2})
            self.assertIn('/pub/job/sample/1.2.3/api/v1/webview/about', job.get('/api/v1/webview/').text)
            self.assertIn('failed to call job "adder 1.x"', job.call('/api/v1/chain', numbers=[1]).json['error'])
            test = subprocess.run(
                [sys.executable, '-B', '-m', 'unittest', 'test_chain'],
                cwd=job.folder,
                env={**os.environ, 'PYTHONPATH': os.path.join(ENVIRONMENT, 'wrapper')},
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
            self.assertIn('\nOK\n', test.stderr)
