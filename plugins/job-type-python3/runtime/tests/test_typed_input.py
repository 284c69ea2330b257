"""Input that is more than JSON values: models, forms, bytes, and endpoints typed by annotations."""

import dataclasses
import glob
import json
import os
import unittest
from typing import Any, List, Union

from racetrack_job_wrapper.conversion import Misfit, make_converter, needs_building
from racetrack_job_wrapper.json_schema import SchemaWriter
from tests.support import ENVIRONMENT, JSON, PERFORM, running_job, starting_job, wait_until

SOURCE = """
    from __future__ import annotations
    import dataclasses, enum
    from typing import Any, Dict, List, Literal, Optional, TypedDict
    from pydantic import BaseModel
    from racetrack_job_wrapper.answers import Binary
    from racetrack_job_wrapper.endpoint_config import EndpointConfig
    from racetrack_job_wrapper.files import UploadedFile

    class Item(BaseModel):
        name: str
        price: float = 1

    @dataclasses.dataclass
    class Point:
        x: float
        y: float = 0

    @dataclasses.dataclass
    class Order:
        id: int
        items: List[Item]
        where: Optional[Point] = None

    class Hint(TypedDict):
        text: str

    class Colour(enum.Enum):
        RED = 'red'

    class Typed:
        def perform(self, order: Order, others: Optional[List[Order]] = None, hint: Hint = None, plain: int = 0):
            kinds = [type(order), type(order.items[0]), type(order.where), type(hint), type(plain)]
            return [kind.__name__ for kind in kinds], order, others

        def auxiliary_endpoints(self):
            return {'/files': self.files, '/count': self.count, '/item': self.item, '/positional': self.positional, '/upload': self.upload, '/raw': self.raw,
                    '/catch': self.catch, '/image': self.image, '/bytes': lambda: b'\\xff\\x00'}

        def item(self, item: Item): return item
        def positional(self, a, b=2, /, *, c=3): return [a, b, c]
        def upload(self, title, file: UploadedFile): return [title, file.name, file.content_type, len(file.read())]
        def files(self, title, file: List[UploadedFile]): return [each.name for each in file]
        def count(self): yield 1
        def raw(self, data: bytes): return len(data)
        def catch(self, **rest): return rest
        def image(self) -> Binary: return Binary(b'\\x89PNG', 'image/png', 'ż.png')

        def auxiliary_endpoints_v2(self):
            return [
                EndpointConfig('/items/{id}', 'GET', self.find, {'tags': ['items']}),
                EndpointConfig('/items', 'POST', self.create),
                EndpointConfig('/both', 'post', self.both),
                EndpointConfig('/gone', 'DELETE', self.find),
            ]

        def find(self, id: int, limit: int = 10, kind: Literal['a', 'b'] = 'a', colour: Optional[Colour] = None):
            "Finds *one*."
            return {'id': id, 'limit': limit, 'kind': kind, 'colour': colour}

        async def create(self, item: Item, dry: bool = False): return [item, dry]
        def both(self, item: Item, point: Point): return [item, point]
"""
#: Stands in for pydantic where the environment does not have it: what the wrapper touches of version 2.
STAND_IN = """
    class ValidationError(ValueError):
        def errors(self): return [{'type': 'missing', 'loc': self.args, 'msg': 'Field required'}]

    class BaseModel:
        def __init__(self, values): vars(self).update(values)

        @classmethod
        def model_validate(cls, values):
            fields = cls.__annotations__
            for name in fields:
                if name not in values and not hasattr(cls, name): raise ValidationError(name)
            return cls({name: values.get(name, getattr(cls, name, None)) for name in fields})

        def model_dump(self, mode, by_alias): return vars(self)

        @classmethod
        def model_json_schema(cls, ref_template):
            required = [name for name in cls.__annotations__ if not hasattr(cls, name)]
            return {'title': cls.__name__, 'type': 'object', 'required': required, '$defs': {}}
"""
HAS_PYDANTIC = bool(glob.glob(os.path.join(ENVIRONMENT, 'lib', 'python*', 'site-packages', 'pydantic')))
ORDER = {'id': 1, 'items': [{'name': 'a'}], 'where': {'x': 1}}


class TypedInputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        files = {} if HAS_PYDANTIC else {'pydantic.py': STAND_IN}
        cls._running = running_job(SOURCE, class_name='Typed', files=files)
        cls.job = cls._running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls._running.__exit__(None, None, None)

    def test_models_and_dataclasses_are_built_and_plain_hints_are_not_enforced(self):
        kinds, order, others = self.job.call(order=ORDER, others=[ORDER], hint={'text': 'a'}, plain='text').json
        self.assertEqual(kinds, ['Order', 'Item', 'Point', 'dict', 'str'])
        self.assertEqual(order, {'id': 1, 'items': [{'name': 'a', 'price': 1}], 'where': {'x': 1.0, 'y': 0}})
        self.assertEqual(others, [order])
        self.assertEqual(self.job.call('/api/v1/item', item={'name': 'b'}).json, {'name': 'b', 'price': 1})

    def test_what_does_not_fit_is_400_and_names_the_field(self):
        rows = [
            ({**ORDER, 'id': 'x'}, "order.id: a whole number is expected, but got 'x'"),
            ({**ORDER, 'items': [{'name': 'a'}, {}]}, 'order.items[1].name: Field required'),
            ({**ORDER, 'where': {'y': 1}}, 'order.where.x: this field is required'),
            ({**ORDER, 'more': 1}, 'order.more: there is no such field'),
            ([], 'order: an object is expected, but got an array'),
        ]
        for order, expected in rows:
            with self.subTest(expected):
                answer = self.job.call(order=order)
                self.assertEqual((answer.status, answer.json['type']), (400, 'ValueError'))
                self.assertIn(f'invalid argument: {expected}'.lower(), answer.json['error'].lower())

    def test_parameters_of_every_kind_are_reached_by_name(self):
        rows = [({'a': 1}, [1, 2, 3]), ({'a': 1, 'b': 5, 'c': 7}, [1, 5, 7])]
        for arguments, expected in rows:
            with self.subTest(str(arguments)):
                self.assertEqual(self.job.call('/api/v1/positional', **arguments).json, expected)
        self.assertEqual(self.job.call('/api/v1/positional', b=1).status, 400)
        self.assertEqual(self.job.call('/api/v1/catch', anything=1).json, {'anything': 1})

    def test_forms_bring_fields_and_files_of_any_size(self):
        for size in (10, 3_000_000):
            with self.subTest(size):
                answer = self.job.request('POST', '/api/v1/upload', form('ż', b'\xff' * size), FORM)
                self.assertEqual(answer.json, ['ż', 'a.bin', 'image/png', size])
        for body in (b'nonsense', form('a', b'b')[:-4]):
            with self.subTest(body[:8]):
                self.assertEqual(self.job.request('POST', '/api/v1/upload', body, FORM).status, 422)
        self.assertEqual(self.job.request('POST', '/api/v1/upload', form('a', None), FORM).status, 400)

    def test_json_in_the_place_of_a_file_or_of_bytes_is_400_and_says_what_to_send(self):
        rows = [
            ('/upload', {'title': 'a', 'file': 'b'}, "multipart/form-data) with one file in the field 'file'"),
            ('/raw', {'data': 'b'}, 'Content-Type: application/octet-stream'),
        ]
        for path, arguments, expected in rows:
            with self.subTest(path):
                answer = self.job.call(f'/api/v1{path}', **arguments)
                self.assertEqual(answer.status, 400)
                self.assertIn(expected, answer.json['error'])
        self.assertEqual(self.job.request('POST', '/api/v1/files', form('a', b'b'), FORM).json, ['a.bin'])

    def test_bytes_come_and_go_as_they_are(self):
        octets = {'Content-Type': 'application/octet-stream'}
        self.assertEqual(self.job.request('POST', '/api/v1/raw', b'\xff\x00', octets).json, 2)
        self.assertEqual(self.job.request('POST', PERFORM, b'\xff\x00', octets).status, 422)
        answer = self.job.call('/api/v1/bytes')
        self.assertEqual((answer.headers['content-type'], answer.body), ('application/octet-stream', b'\xff\x00'))
        image = self.job.call('/api/v1/image')
        self.assertEqual((image.headers['content-type'], image.body), ('image/png', b'\x89PNG'))
        self.assertEqual(image.headers['content-disposition'], "attachment; filename*=UTF-8''%C5%BC.png")

    def test_typed_endpoints_take_path_query_and_body(self):
        found = self.job.get('/pub/job/a/b/api/v1/items/7?limit=3&colour=red')
        self.assertEqual(found.json, {'id': 7, 'limit': 3, 'kind': 'a', 'colour': 'red'})
        created = self.job.request('POST', '/api/v1/items?dry=yes', {'name': 'a'}, JSON)
        self.assertEqual(created.json, [{'name': 'a', 'price': 1}, True])
        both = self.job.call('/api/v1/both', item={'name': 'a'}, point={'x': 1})
        self.assertEqual(both.json, [{'name': 'a', 'price': 1}, {'x': 1, 'y': 0}])

    def test_typed_endpoints_refuse_what_does_not_fit_with_a_row_for_each_problem(self):
        answer = self.job.get('/api/v1/items/seven?limit=many&kind=c')
        self.assertEqual(answer.status, 422)
        self.assertEqual(
            [row['loc'] for row in answer.json['detail']], [['path', 'id'], ['query', 'limit'], ['query', 'kind']]
        )
        self.assertIn('query.limit: a whole number is expected', answer.json['error'])
        missing = self.job.request('POST', '/api/v1/items', {}, JSON)
        self.assertEqual(missing.json['detail'][0]['loc'], ['body', 'name'])
        self.assertEqual(self.job.request('POST', '/api/v1/items/7').headers['allow'], 'GET, HEAD')
        self.assertEqual(self.job.request('DELETE', '/api/v1/gone').status, 404)
        self.assertIn('method DELETE chosen for path /gone is not supported', self.job.log())

    def test_typed_endpoints_have_their_own_metrics(self):
        self.job.get('/api/v1/items/1')
        metrics = self.job.get('/metrics').text
        self.assertRegex(metrics, r'\nendpoint_requests_started_total{endpoint="/items/{id}"} [1-9]')

    def test_the_documentation_has_the_schemas(self):
        document = self.job.get('/openapi.json').json
        schemas = document['components']['schemas']
        self.assertEqual(schemas['Order']['required'], ['id', 'items'])
        self.assertEqual(schemas['Order']['properties']['items']['items'], {'$ref': '#/components/schemas/Item'})
        self.assertEqual(schemas['Item']['required'], ['name'])
        perform = body_of(document, '/api/v1/perform', 'application/json')
        self.assertEqual(perform['properties']['order'], {'$ref': '#/components/schemas/Order'})
        self.assertEqual(perform['properties']['plain'], {'type': 'integer', 'default': 0})
        upload = body_of(document, '/api/v1/upload', 'multipart/form-data')
        self.assertEqual(upload['properties']['file'], {'type': 'string', 'format': 'binary'})
        self.assertNotIn('default', upload)
        offered = {
            path: document['paths'][f'/api/v1{path}']['post'] for path in ('/upload', '/raw', '/count', '/image')
        }
        self.assertEqual(list(offered['/upload']['requestBody']['content']), ['multipart/form-data'])
        self.assertEqual(list(offered['/raw']['requestBody']['content']), ['application/octet-stream'])
        answers = {path: list(operation['responses']['200']['content']) for path, operation in offered.items()}
        self.assertEqual(answers['/count'], ['text/event-stream', 'application/x-ndjson'])
        self.assertEqual(answers['/image'], ['application/octet-stream'])
        find = document['paths']['/api/v1/items/{id}']['get']
        self.assertEqual(find['tags'], ['items'])
        rows = {row['name']: (row['in'], row['required']) for row in find['parameters']}
        self.assertEqual((rows['id'], rows['limit']), (('path', True), ('query', False)))
        self.assertNotIn('$defs', json.dumps(document))


@dataclasses.dataclass
class Tree:
    branches: List[Union['Tree', int]]


class NestedTypesTest(unittest.TestCase):
    def test_types_that_stand_for_very_many_are_described_in_part(self):
        kind: Any = int
        for _ in range(40):
            kind = tuple[kind, kind]

        self.assertFalse(needs_building(kind))
        self.assertLess(len(json.dumps(SchemaWriter().describe(kind))), 2_000_000)

    def test_deep_input_that_fits_no_member_of_a_union_is_refused_at_once(self):
        value: Any = 'a leaf of no kind'
        for _ in range(40):
            value = {'branches': [value]}

        with self.assertRaises(Misfit):
            make_converter(Tree)(value, ('tree',))


class FrameworkMarksTest(unittest.TestCase):
    def test_what_only_a_web_framework_can_do_is_refused_at_the_start(self):
        files = {'fastapi/__init__.py': 'class Query:\n    def __init__(self, default=None): pass\n'}
        source = """
            from fastapi import Query
            from racetrack_job_wrapper.endpoint_config import EndpointConfig
            class A:
                def auxiliary_endpoints_v2(self): return [EndpointConfig('/find', 'GET', self.find)]
                def find(self, limit: int = Query(10)): pass
        """
        with starting_job(source, class_name='A', files=files) as job:
            wait_until(lambda: job.get('/live').status == 500)
            self.assertRegex(job.get('/live').json['error'], r"/find: the parameter 'limit' uses Query of fastapi")

    def test_marks_that_only_say_where_a_value_comes_from_are_followed(self):
        files = {'fastapi/__init__.py': 'class Query: pass\nclass Body(Query): metadata = []\n'}
        source = """
            from typing import Annotated
            import fastapi
            from racetrack_job_wrapper.endpoint_config import Body, EndpointConfig
            class A:
                def auxiliary_endpoints_v2(self):
                    return [EndpointConfig('/ours', 'POST', self.ours), EndpointConfig('/known', 'POST', self.known)]
                def ours(self, query: float, body: Annotated[float, Body()]):
                    return query * body
                def known(self, query: Annotated[float, fastapi.Query()], body: Annotated[float, fastapi.Body()]):
                    return query * body
        """
        with starting_job(source, class_name='A', files=files) as job:
            wait_until(lambda: job.get('/ready').status == 200)
            for path in ('/ours', '/known'):
                self.assertEqual(job.request('POST', f'/api/v1{path}?query=4', 2, JSON).json, 8)
            schema = body_of(job.get('/openapi.json').json, '/api/v1/ours', 'application/json')
            self.assertEqual(schema['type'], 'number')

    def test_a_mark_that_asks_for_more_is_refused_at_the_start(self):
        files = {'fastapi/__init__.py': 'class Body:\n    metadata = ["greater than 0"]\n'}
        source = """
            from typing import Annotated
            from fastapi import Body
            from racetrack_job_wrapper.endpoint_config import EndpointConfig
            class A:
                def auxiliary_endpoints_v2(self): return [EndpointConfig('/pay', 'POST', self.pay)]
                def pay(self, sum: Annotated[float, Body()]): pass
        """
        with starting_job(source, class_name='A', files=files) as job:
            wait_until(lambda: job.get('/live').status == 500)
            self.assertIn("the parameter 'sum' uses Body of fastapi", job.get('/live').json['error'])


FORM = {'Content-Type': 'multipart/form-data; boundary=edge'}


def form(title, content):
    parts = [f'--edge\r\nContent-Disposition: form-data; name="title"\r\n\r\n{title}\r\n'.encode()]
    if content is not None:
        head = 'Content-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: image/png'
        parts += [f'--edge\r\n{head}\r\n\r\n'.encode(), content, b'\r\n']
    return b''.join([*parts, b'--edge--\r\n'])


def body_of(document, path, media_type):
    return document['paths'][path]['post']['requestBody']['content'][media_type]['schema']


if __name__ == '__main__':
    unittest.main()
