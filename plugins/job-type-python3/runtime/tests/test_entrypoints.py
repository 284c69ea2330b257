"""What a job may be: a class, a module of functions, a model."""

import contextlib
import os
import pickle
import sys
import tempfile
import textwrap
import unittest
from types import ModuleType
from unittest import mock

from racetrack_job_wrapper.entrypoint import load_entrypoint
from tests.support import running_job, starting_job

MODEL = """
    class Forest:
        def __init__(self, names=None):
            self.n_features_in_ = 2
            if names:
                self.feature_names_in_ = names
            self.classes_ = ['no', 'yes']

        def predict(self, X):
            return [self.classes_[row[0] > row[1]] for row in X]

        def predict_proba(self, X):
            return [[1.0, 0.0] if row[0] <= row[1] else [0.0, 1.0] for row in X]
"""


def pickled(names=None):
    """What a script that trains such a model leaves behind."""
    module = ModuleType('forest')
    exec(textwrap.dedent(MODEL), module.__dict__)
    with mock.patch.dict(sys.modules, {'forest': module}):
        return pickle.dumps(module.Forest(names), 0).decode('ascii')


@contextlib.contextmanager
def job_folder(files):
    """A job's folder to load from, in this process."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(sys.modules), mock.patch('sys.path', [folder]):
        for name, text in files.items():
            with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
                file.write(text)
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


class ModulesTest(unittest.TestCase):
    def test_functions_of_a_module_do_without_a_class(self):
        source = '''
            """Adds *numbers*."""
            from dataclasses import dataclass

            @dataclass
            class Point:
                x: int

            def perform(numbers: list, start: int = 0):
                """Sums them up."""
                return sum(numbers, start) + Point(1).x - 1

            def double(number):
                return {'number': number * 2, 'method': request_context.get().method}

            def auxiliary_endpoints():
                return {'/double': double}

            def docs_input_example():
                return {'numbers': [40, 2]}
        '''
        with running_job(source) as job:
            self.assertEqual(job.call(numbers=[40, 2]).json, 42)
            self.assertEqual(job.call('/api/v1/double', number=2).json, {'number': 4, 'method': 'POST'})
            document = job.get('/openapi.json').json
            self.assertIn('Adds *numbers*.', document['info']['description'])
            operation = document['paths']['/api/v1/perform']['post']
            self.assertIn('Sums them up.', operation['description'])

    def test_a_class_comes_before_functions_and_helpers_do_not_count(self):
        source = """
            class Helper:
                pass

            class Job:
                "Counts **sheep**."

                def perform(self):
                    return 'class'

            def perform():
                return 'function'
        """
        with running_job(source) as job:
            self.assertEqual(job.call().json, 'class')
            self.assertIn('Counts **sheep**.', job.get('/openapi.json').json['info']['description'])

    def test_what_is_wrong_is_said(self):
        rows = [
            ('x = 1\n', '', 'no class has been found in module, nor a function perform'),
            ('class A:\n    perform = 1\nclass B:\n    perform = 1\n', '', 'Found: A, B; set entrypoint_class'),
            ('class A:\n    pass\n', 'B', 'class name B was not found. Found: A'),
        ]
        for source, name, message in rows:
            with self.subTest(message), self.assertRaisesRegex(NameError, message), job_folder({'job.py': source}):
                load_entrypoint('job.py', name)


class ModelsTest(unittest.TestCase):
    def serve(self, model, **more):
        files = {'model.pkl': model, **more.pop('files', {'forest.py': MODEL})}
        return starting_job('', '--model-path=model.pkl', files=files, entrypoint='', **more)

    def test_a_model_alone_is_a_job(self):
        loud = 'import warnings\nwarnings.warn("made with version 1.0")\n' + textwrap.dedent(MODEL)
        with self.serve(pickled(), files={'forest.py': loud}) as job:
            job.wait_until_ready()
            self.assertIn('loading model.pkl: UserWarning: made with version 1.0', job.log())
            self.assertEqual(job.call(X=[[2, 1], [1, 2]]).json, ['yes', 'no'])
            self.assertEqual(job.call(X=[2, 1]).json, 'yes')
            self.assertEqual(job.call('/api/v1/predict_proba', X=[[2, 1]]).json, [[0.0, 1.0]])
            unknown = job.call(rows=[]).json['error']
            self.assertRegex(unknown, r"^failed to call a function: perform\(\) has no argument 'rows' \(known: X\); ")
            for rows, message in (
                ([], 'X has no rows'),
                ([[1, 2], [1]], 'row 1 of X has 1 features, but the model takes 2'),
                ([{'a': 1, 'b': 2}], 'the model was trained without: send lists'),
            ):
                answer = job.call(X=rows)
                self.assertEqual(answer.status, 400)
                self.assertIn(message, answer.json['error'])

    def test_names_of_features_come_from_the_model(self):
        with self.serve(pickled(['width', 'height'])) as job:
            job.wait_until_ready()
            self.assertEqual(job.call(X=[{'height': 1, 'width': 2}]).json, ['yes'])
            self.assertEqual(job.call(X={'height': 3, 'width': 2}).json, 'no')
            self.assertIn('row 0 of X lacks height', job.call(X=[{'width': 2}]).json['error'])
            self.assertIn('does not know: depth', job.call(X=[{'width': 2, 'height': 1, 'depth': 1}]).json['error'])
            operation = job.get('/openapi.json').json['paths']['/api/v1/perform']['post']
            self.assertIn('Classes: `no`, `yes`.', operation['description'])
            schema = operation['requestBody']['content']['application/json']['schema']
            self.assertEqual(schema['default'], {'X': [{'width': 0, 'height': 0}]})
            row = schema['properties']['X']['items']['anyOf'][0]
            self.assertEqual(row['required'], ['width', 'height'])

    def test_a_class_loads_the_model_with_the_helper(self):
        source = """
            from racetrack_job_wrapper.sklearn import load_model

            class Job:
                def __init__(self):
                    self.model = load_model()

                def perform(self, width, height):
                    return self.model.predict([[width, height]])[0]
        """
        files = {'model.pkl': pickled(), 'forest.py': MODEL}
        with running_job(source, '--model-path=model.pkl', files=files) as job:
            self.assertEqual(job.call(width=2, height=1).json, 'yes')

    def test_a_model_that_cannot_be_loaded_says_what_to_do(self):
        rows = [
            (pickled(), {}, 'needs the package forest, which is not installed: write it into requirements.txt'),
            (pickled().replace('cforest', 'csklearn.tree'), {}, 'needs the package scikit-learn'),
            (pickled(), {'forest.py': 'x = 1'}, 'A class of your own must be in a module of the job'),
            ('garbage', {}, 'is no model that can be loaded'),
            ('version https://git-lfs.github.com/spec/v1', {}, 'only a pointer of Git LFS'),
            (pickle.dumps({'a': 1}, 0).decode(), {}, 'the model is a dict without a method predict'),
        ]
        for model, files, message in rows:
            with self.subTest(message), job_folder({'model.pkl': model, **files}):
                with self.assertRaisesRegex(Exception, message):
                    load_entrypoint('', '', 'model.pkl')
