"""The entrypoint of a job that is a model and nothing else: `jobtype_extra.model_path` without `entrypoint_path`."""

from __future__ import annotations

import importlib.util
from typing import Any, Callable, Dict, List, Optional

#: More classes than this are only counted in the documentation.
SHOWN_CLASSES = 50


class ModelEntrypoint:
    """Serves `predict`, and `predict_proba` where the model has it. What goes in is learnt from the model."""

    def __init__(self, model: Any):
        if not callable(getattr(model, 'predict', None)):
            raise TypeError(
                f'the model is a {type(model).__name__} without a method predict; '
                'write a class with a method perform and name its file in jobtype_extra.entrypoint_path'
            )
        self._features = Features(model)
        self.__doc__ = describe_model(model, self._features)
        self.perform = self._make_endpoint('perform', model.predict, f'Predictions of the model.\n\n{self.__doc__}')
        self._more: Dict[str, Callable[..., Any]] = {}
        if has_method(model, 'predict_proba'):
            text = f'Probabilities of the classes, in their order.\n\n{self.__doc__}'
            self._more['/predict_proba'] = self._make_endpoint('predict_proba', model.predict_proba, text)

    def auxiliary_endpoints(self) -> Dict[str, Callable[..., Any]]:
        return self._more

    def docs_input_examples(self) -> Dict[str, Any]:
        example = {'X': [self._features.make_example()]}
        return {path: example for path in ('/perform', *self._more)}

    def input_schemas(self) -> Dict[str, Any]:
        """JSON Schema of the parameters, for the documentation."""
        return {path: {'X': self._features.make_schema()} for path in ('/perform', *self._more)}

    def _make_endpoint(self, name: str, method: Callable[[Any], Any], text: str) -> Callable[..., Any]:
        features = self._features

        def perform(X: List[Any]) -> Any:
            is_single = features.is_row(X)
            predictions = method(features.to_table([X] if is_single else X))
            return predictions[0] if is_single else predictions

        perform.__name__ = perform.__qualname__ = name
        perform.__doc__ = text
        return perform


class Features:
    """What a model takes: `n_features_in_` and `feature_names_in_`, which scikit-learn keeps since 1.0."""

    def __init__(self, model: Any):
        #: `None` where the model does not say, such as one of texts.
        self.count: Optional[int] = _ask(model, 'n_features_in_')
        names = _ask(model, 'feature_names_in_')
        #: `None` when it was trained without names.
        self.names: Optional[List[str]] = None if names is None else [str(name) for name in names]
        if self.count is None and self.names is not None:
            self.count = len(self.names)

    def is_row(self, value: Any) -> bool:
        """Whether it is one row rather than a list of rows."""
        if isinstance(value, dict):
            return True
        is_list = isinstance(value, list) and len(value) > 0
        return is_list and self.count is not None and not any(isinstance(each, (list, dict)) for each in value)

    def to_table(self, rows: Any) -> Any:
        """What the model's methods take; raises `ValueError` for a row that does not fit."""
        if not isinstance(rows, list):
            raise ValueError('X must be a list of rows')
        if not rows:
            raise ValueError('X has no rows')
        if self.count is None and self.names is None and not any(isinstance(row, dict) for row in rows):
            return rows
        table = [self._to_list(row, index) for index, row in enumerate(rows)]
        if self.names is not None and importlib.util.find_spec('pandas') is not None:
            import pandas  # type: ignore[import-not-found]

            return pandas.DataFrame(table, columns=self.names)
        return table

    def _to_list(self, row: Any, index: int) -> List[Any]:
        if isinstance(row, dict):
            return self._order(row, index)
        if not isinstance(row, list):
            raise ValueError(f'row {index} of X is neither a list nor an object of features by name')
        if self.count is not None and len(row) != self.count:
            raise ValueError(f'row {index} of X has {len(row)} features, but the model takes {self.count}')
        return row

    def _order(self, row: Dict[str, Any], index: int) -> List[Any]:
        if self.names is None:
            raise ValueError(f'row {index} of X has names, but the model was trained without: send lists')
        missing = [name for name in self.names if name not in row]
        if missing:
            raise ValueError(f'row {index} of X lacks {", ".join(missing)}')
        unknown = sorted(row.keys() - set(self.names))
        if unknown:
            raise ValueError(f'row {index} of X has features that the model does not know: {", ".join(unknown)}')
        return [row[name] for name in self.names]

    def make_example(self) -> Any:
        if self.names is not None:
            return {name: 0 for name in self.names}
        return [0] * (self.count or 0)

    def make_schema(self) -> Dict[str, Any]:
        if self.count is None:
            return {'type': 'array', 'items': {}}
        shapes: List[Dict[str, Any]] = [
            {'type': 'array', 'items': {}, 'minItems': self.count, 'maxItems': self.count},
        ]
        if self.names is not None:
            properties: Dict[str, Any] = {name: {} for name in self.names}
            shapes.insert(0, {'type': 'object', 'properties': properties, 'required': self.names})
        return {'type': 'array', 'minItems': 1, 'items': {'anyOf': shapes} if len(shapes) > 1 else shapes[0]}


def describe_model(model: Any, features: Features) -> str:
    """A few lines of Markdown."""
    lines = [f'Model: `{describe_kind(model)}`.']
    if features.names is not None:
        lines.append(f'Features: {", ".join(f"`{name}`" for name in features.names)}.')
    elif features.count is not None:
        lines.append(f'Features: {features.count}, without names.')
    lines.append('`X` is a list of rows; a row is a list of features, or an object of features by name.')
    classes = _ask(model, 'classes_')
    if classes is not None:
        labels = [f'`{label}`' for label in list(classes)[:SHOWN_CLASSES]]
        more = f' and {len(classes) - SHOWN_CLASSES} more' if len(classes) > SHOWN_CLASSES else ''
        lines.append(f'Classes: {", ".join(labels)}{more}.')
    return '\n\n'.join(lines)


def describe_kind(model: Any) -> str:
    """The class of the model; of a pipeline its steps."""
    steps = getattr(model, 'steps', None)
    name = type(model).__name__
    if isinstance(steps, list) and all(isinstance(step, tuple) and len(step) == 2 for step in steps):
        return f'{name}({" → ".join(type(step[1]).__name__ for step in steps)})'
    return name


def has_method(model: Any, name: str) -> bool:
    """Some models have a method only when they are set up for it: asking may raise."""
    return callable(_ask(model, name))


def _ask(model: Any, name: str) -> Any:
    try:
        return getattr(model, name, None)
    except Exception:  # a property of the model that does not apply to it
        return None
