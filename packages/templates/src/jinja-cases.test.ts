import { PlatformError } from '@racetrack-platform/errors';
import { describe, expect, test } from 'vitest';
import { renderTemplate } from './render-template.ts';
// What Jinja2 3.1.6 makes of each template; compare_with_jinja2.py beside it writes and checks it.
import table from './testing/jinja-cases.json' with { type: 'json' };

describe.each(Object.entries(table.groups))('a template with %s', (_group, cases) => {
  test('renders what Jinja2 renders, and is refused where Jinja2 refuses it', () => {
    const answers = cases.map(({ template, ...answer }) => ({
      template,
      ...render(template, 'refused' in answer ? answer.refused : undefined),
    }));

    expect(answers).toEqual(cases);
  });
});

/** @param refused - Jinja2's own words, which ours need not repeat. */
function render(
  source: string,
  refused: string | undefined,
): { expected: string } | { refused: string | undefined } {
  try {
    return { expected: renderTemplate({ source, name: 'Dockerfile', variables: table.variables }) };
  } catch (error) {
    if (PlatformError.is(error) && error.code === 'TEMPLATE_INVALID') return { refused };
    throw error;
  }
}
