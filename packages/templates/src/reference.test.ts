import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DICT_METHODS } from './builtins/dict-methods.ts';
import { FILTERS } from './builtins/filters.ts';
import { GLOBALS } from './builtins/globals.ts';
import { TESTS } from './builtins/jinja-tests.ts';
import { LIST_METHODS, TUPLE_METHODS } from './builtins/list-methods.ts';
import { STRING_METHODS } from './builtins/string-methods.ts';

const page = readFileSync(new URL('../../../docs/reference/templates.md', import.meta.url), 'utf8');

describe('docs/reference/templates.md', () => {
  test.each([
    ['**Functions**', GLOBALS],
    ['**Filters**', FILTERS],
    ['**Tests**', TESTS],
    ['**Methods of texts**', STRING_METHODS],
    ['**Methods of lists**', LIST_METHODS],
    ['tuples', TUPLE_METHODS],
    ['**of dictionaries**', DICT_METHODS],
  ])('lists what there is behind %s', (title, known) => {
    const list = new RegExp(`${title.replaceAll('*', '\\*')}:?\\s((?:\`\\w+\`\\s*)+)`).exec(page)?.[1] ?? '';
    const listed = [...list.matchAll(/\w+/g)].map(([name]) => name);

    expect(listed.toSorted()).toEqual([...known.keys()].toSorted());
  });
});
