"""Installs the wrapper into an environment, with its own packages in a folder that the job never sees."""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import sys
from typing import Dict, List

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pip_runner import FLAGS, fail, own_directory, run_pip  # noqa: E402

RUNTIME_DIR = os.path.dirname(own_directory())
SWAGGER_FILES = ('swagger-ui.css', 'swagger-ui-bundle.js')
#: Settings of pip that say where packages come from. Others, meant for the job's requirements, must not reach this.
SOURCE_SETTINGS = (
    *('INDEX_URL', 'EXTRA_INDEX_URL', 'FIND_LINKS', 'NO_INDEX', 'TRUSTED_HOST', 'CERT', 'CLIENT_CERT', 'PROXY'),
    *('TIMEOUT', 'DEFAULT_TIMEOUT', 'RETRIES', 'CONFIG_FILE', 'KEYRING_PROVIDER', 'CACHE_DIR', 'NO_CACHE_DIR'),
)


def main() -> None:
    options = parse_options()
    wrapper = os.path.join(options.environment, 'wrapper')
    os.makedirs(wrapper, exist_ok=True)
    install_packages(options, os.path.join(wrapper, 'vendor'))
    copy_wrapper(wrapper)
    copy_swagger(options.swagger_dir, os.path.join(wrapper, 'swagger'))
    compileall.compile_dir(wrapper, quiet=2)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--environment', required=True)
    parser.add_argument('--pip-python', required=True, help='a Python of the same version that has pip')
    parser.add_argument('--cache-dir', required=True)
    parser.add_argument('--swagger-dir', required=True)
    return parser.parse_args()


def install_packages(options: argparse.Namespace, vendor: str) -> None:
    needed = ['-r', os.path.join(RUNTIME_DIR, 'requirements.lock')]
    accelerators = ['-r', os.path.join(RUNTIME_DIR, 'accelerators.lock')]
    if run_pip(command(options, vendor, [*needed, *accelerators]), source_settings()) != 0:
        print('The faster parts could not be installed, trying without them.', flush=True)
        shutil.rmtree(vendor, ignore_errors=True)
        if run_pip(command(options, vendor, needed), source_settings()) != 0:
            fail('The packages of the wrapper could not be installed. Is a package index reachable?')
    shutil.rmtree(os.path.join(vendor, 'bin'), ignore_errors=True)


def command(options: argparse.Namespace, vendor: str, requirements: List[str]) -> List[str]:
    return [
        *(options.pip_python, '-I', '-m', 'pip', 'install', *FLAGS, '--cache-dir', options.cache_dir),
        *('--quiet', '--target', vendor, '--no-deps', '--only-binary', ':all:', '--require-hashes', *requirements),
    ]


def source_settings() -> Dict[str, str]:
    kept = {f'PIP_{name}' for name in SOURCE_SETTINGS}
    return {name: value for name, value in os.environ.items() if not name.startswith('PIP_') or name in kept}


def copy_wrapper(wrapper: str) -> None:
    shutil.copy(os.path.join(RUNTIME_DIR, 'run_job.py'), wrapper)
    package = os.path.join(RUNTIME_DIR, 'racetrack_job_wrapper')
    ignored = shutil.ignore_patterns('__pycache__')
    shutil.copytree(package, os.path.join(wrapper, 'racetrack_job_wrapper'), ignore=ignored, dirs_exist_ok=True)


def copy_swagger(source: str, target: str) -> None:
    os.makedirs(target, exist_ok=True)
    for name in SWAGGER_FILES:
        shutil.copy(os.path.join(source, name), target)


if __name__ == '__main__':
    main()
