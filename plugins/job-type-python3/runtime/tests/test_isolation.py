"""The wrapper's own packages and the job's never meet.

The environment of these tests has h11 0.14.0 and click 8.1.7 as requirements of the job.
"""

import os
import tempfile
import unittest

from tests.support import ENVIRONMENT, JSON, PERFORM, running_job

INSPECTOR = """
    import importlib, importlib.metadata, sys
    class Inspector:
        def perform(self, module):
            try:
                found = importlib.import_module(module)
            except ImportError as error:
                return str(error)
            return getattr(found, '__file__', None)

        def auxiliary_endpoints(self):
            return {'/version': importlib.metadata.version, '/path': lambda: sys.path, '/names': lambda: self.names()}

        def names(self):
            own = ('uvicorn', 'h11', 'click', 'httptools', 'uvloop')
            return sorted(name for name in sys.modules if name.split('.')[0] in own)
"""


class IsolationTest(unittest.TestCase):
    def test_a_job_sees_the_versions_that_it_requires(self):
        with running_job(INSPECTOR) as job:
            self.assertEqual(job.call('/api/v1/names').json, [])
            for package, version in (('h11', '0.14.0'), ('click', '8.1.7')):
                with self.subTest(package):
                    self.assertIn('/site-packages/', job.call(module=package).json)
                    self.assertEqual(job.call('/api/v1/version', distribution_name=package).json, version)
            self.assertEqual(job.call(module='h11').status, 200)  # the server goes on with its own

    def test_a_job_does_not_see_what_it_does_not_require(self):
        with running_job(INSPECTOR) as job:
            for package in ('uvicorn', 'httptools', 'uvloop'):
                with self.subTest(package):
                    self.assertEqual(job.call(module=package).json, f"No module named '{package}'")
            path = job.call('/api/v1/path').json
            self.assertEqual(path[0], job.folder)
            self.assertFalse([entry for entry in path if '/wrapper' in entry])

    def test_modules_of_the_job_shadow_nothing_of_the_wrapper(self):
        names = ('json', 'asyncio', 'logging', 'uvicorn', 'socket', 'argparse', 'racetrack_job_wrapper')
        files = {f'{name}.py': 'raise RuntimeError("shadowed")' for name in names}
        with running_job('class A:\n    def perform(self): return 1\n', files=files) as job:
            self.assertEqual(job.call().json, 1)
            self.assertEqual(job.get('/docs').status, 200)

    def test_a_python_path_of_the_job_is_for_the_job_alone(self):
        files = {'more/extra.py': 'x = 7', 'more/uvicorn.py': 'raise RuntimeError("shadowed")'}
        source = 'import extra\nclass A:\n    def perform(self): return extra.x\n'
        with running_job(source, files=files, env={'PYTHONPATH': 'more'}) as job:
            self.assertEqual(job.call().json, 7)

    def test_a_job_may_start_processes_and_import_the_wrapper(self):
        source = """
            import multiprocessing, subprocess, sys, time
            from racetrack_job_wrapper.errors import EntityNotFound
            def double(x): return 2 * x
            class A:
                def perform(self):
                    with multiprocessing.get_context('fork').Pool(1) as pool:
                        doubled = pool.map(double, [21])
                    printed = subprocess.check_output([sys.executable, '-c', 'print(1)'])
                    return doubled + [int(printed)]
                def auxiliary_endpoints(self):
                    return {'/terminate': self.terminate}
                def terminate(self):
                    child = multiprocessing.get_context('fork').Process(target=time.sleep, args=[60])
                    child.start()
                    time.sleep(0.1)
                    child.terminate()
                    child.join(5)
                    return child.exitcode
        """
        with running_job(source) as job:
            self.assertEqual(job.call().json, [42, 1])
            # Signals to a child are its own: it dies, the job does not notice.
            self.assertEqual(job.call('/api/v1/terminate').json, -15)
            self.assertEqual(job.call().json, [42, 1])
            self.assertNotIn('shutting down', job.log())


class WithoutAcceleratorsTest(unittest.TestCase):
    def test_a_job_runs_where_the_faster_parts_have_no_wheel(self):
        with tempfile.TemporaryDirectory() as folder:
            self.link_all_but(folder, os.path.join(ENVIRONMENT, 'wrapper'), 'vendor')
            vendor = os.path.join(folder, 'vendor')
            os.mkdir(vendor)
            self.link_all_but(vendor, os.path.join(ENVIRONMENT, 'wrapper', 'vendor'), 'httptools', 'uvloop')
            source = 'class A:\n    def perform(self, x): return x\n'
            with running_job(source, wrapper=folder) as job:
                self.assertEqual(job.call(x='a' * 100_000).json, 'a' * 100_000)
                self.assertEqual(job.request('HEAD', PERFORM).status, 405)
                self.assertEqual(job.request('POST', PERFORM, b'', JSON).status, 400)
                self.assertEqual(job.get('/').headers['location'], './docs')
                self.assertEqual(job.stop(), 0)

    def link_all_but(self, target, source, *left_out):
        for name in os.listdir(source):
            if name not in left_out:
                os.symlink(os.path.join(source, name), os.path.join(target, name))


if __name__ == '__main__':
    unittest.main()
