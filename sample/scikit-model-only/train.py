"""Trains `model.joblib`: `pip install -r requirements.txt`, then `python train.py`."""

import joblib
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier


def main() -> None:
    flowers = load_iris()
    names = flowers.target_names[flowers.target]
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(flowers.data, names)
    joblib.dump(model, 'model.joblib')


if __name__ == '__main__':
    main()
