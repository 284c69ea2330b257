"""Pages made with Flask, beside calls."""

from pathlib import Path
from typing import List

from flask import Blueprint, Flask, jsonify, render_template, request

HERE = Path(__file__).parent


class PagesEntrypoint:
    def perform(self, numbers: List[float]) -> float:
        """Adds numbers."""
        return sum(numbers)

    def webview_app(self, base_url: str) -> Flask:
        """A WSGI application. The platform serves the folder static/ itself."""
        app = Flask(__name__, static_folder=None, template_folder=str(HERE / 'templates'))
        app.register_blueprint(make_pages(base_url))
        return app

    def docs_input_example(self):
        return {'numbers': [40, 2]}


def make_pages(base_url: str) -> Blueprint:
    pages = Blueprint('pages', __name__, url_prefix=base_url)

    @pages.get('/')
    def show_home():
        return render_template('index.html', base_url=base_url)

    @pages.post('/postme')
    def greet():
        return jsonify(hello=request.get_json())

    @pages.route('/describe', methods=['GET', 'POST'])
    def describe():
        return jsonify(
            method=request.method,
            path=request.path,
            query=request.args.to_dict(),
            body=request.get_data(as_text=True),
        )

    return pages
