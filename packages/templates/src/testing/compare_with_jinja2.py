"""Holds the table of cases against the real Jinja2.

Needs a Python with Jinja2 3.1:

    python3 compare_with_jinja2.py          says which cases differ
    python3 compare_with_jinja2.py --write  writes what Jinja2 answers into the table

A new case is an entry with nothing but its template; --write adds the answer.
"""

import json
import sys
from pathlib import Path

import jinja2

TABLE = Path(__file__).with_name('jinja-cases.json')


def answer(template: str, variables: str) -> dict[str, str]:
    try:
        return {'expected': jinja2.Template(template).render(**json.loads(variables))}
    except Exception as error:  # every kind of refusal counts
        return {'refused': f'{type(error).__name__}: {error}'}


def main() -> int:
    table = json.loads(TABLE.read_text(encoding='utf-8'))
    variables = json.dumps(table['variables'])
    answered = {
        group: [{'template': case['template'], **answer(case['template'], variables)} for case in cases]
        for group, cases in table['groups'].items()
    }
    if '--write' in sys.argv:
        table['groups'] = answered
        TABLE.write_text(json.dumps(table, ensure_ascii=False, indent=2) + '\n', encoding='utf-8')
        return 0
    differences = [
        (case, now)
        for group, cases in table['groups'].items()
        for case, now in zip(cases, answered[group], strict=True)
        if case != now
    ]
    for case, now in differences:
        print(f'{case}\n  Jinja2 {jinja2.__version__}: {now}')
    count = sum(map(len, answered.values()))
    print(f'{count - len(differences)} of {count} cases as in Jinja2 {jinja2.__version__}')
    return 1 if differences else 0


if __name__ == '__main__':
    sys.exit(main())
