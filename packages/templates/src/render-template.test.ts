import { describe, expect, test } from 'vitest';
import { checkTemplate, renderTemplate } from './render-template.ts';

function render(source: string, variables: Record<string, unknown> = {}): string {
  return renderTemplate({ source, name: 'job-template.Dockerfile', variables });
}

const goTemplate = `FROM {{ base_image }}

{% for key, value in env_vars.items() %}
ENV {{ key }} "{{ value }}"
{% endfor %}

{% if manifest.golang.gomod %}
COPY "{{ manifest.golang.gomod }}" /src/job/
{% endif %

# The source of the job
COPY . /src/job/
`;

describe('renderTemplate', () => {
  test('refuses a tag that is never closed where the tag is, and renders the template once it is mended', () => {
    const variables = {
      base_image: 'base:1',
      env_vars: { MODE: 'fast' },
      manifest: { golang: { gomod: 'go.mod' } },
    };

    expect(() => render(goTemplate, variables)).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_INVALID',
        message: expect.stringMatching(/^job-template\.Dockerfile:9:1: "\{% endif %" is not closed/),
        hint: 'Write %} at its end.',
      }),
    );
    expect(render(goTemplate.replace('endif %\n', 'endif %}\n'), variables)).toBe(`FROM base:1


ENV MODE "fast"



COPY "go.mod" /src/job/


# The source of the job
COPY . /src/job/`);
  });

  test.each([
    ['a block that is never closed', 'FROM x\n{% for a in b %}\n', 2, 1, 'Close it with {% endfor %}.'],
    ['the end of another block', '{% if a %}\n{% endfor %}', 2, 4, 'That block goes on with {% elif %}'],
    ['an output that is never closed', 'FROM x\nRUN {{ name }\nCOPY . .\n', 2, 13, 'ends with }}'],
    ['a filter that does not exist', 'a\n\n  {{ name | uper }}', 3, 13, 'Did you mean upper?'],
    ['an attribute of a name without a value', '\n\n{{ nope.x }}', 3, 8, '"is defined"'],
    ['a number where a text has to be', 'FROM python:{{ 3.11.replace(".", "") }}', 1, 28, 'put it in quotes'],
    ['a tag of several files', '\n{% include "other" %}', 2, 4, 'Put the text into this file'],
    ['a comment by accident', 'RUN echo ${#list[@]}', 1, 11, '{% raw %}'],
    ['a mistake behind wide characters', '🦆🦆 {{ 1 + }}', 1, 11, 'line 1'],
  ])('names line and column of %s, and what to do', (_title, source, line, column, hint) => {
    expect(() => render(source)).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_INVALID',
        message: expect.stringContaining(`job-template.Dockerfile:${line}:${column}: `),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test('knows variables, not what JavaScript objects have besides', () => {
    expect(render('{{ x.constructor }}{{ x.__proto__ }}{{ x.toString }}', { x: {} })).toBe('');
  });
});

describe('checkTemplate', () => {
  test('finds mistakes without variables', () => {
    const check = (source: string): void => checkTemplate({ source, name: 'a.Dockerfile' });

    expect(() => check('{{ anything.at_all | join(" ") }}')).not.toThrow();
    expect(() => check('{% if x %}')).toThrow(expect.objectContaining({ code: 'TEMPLATE_INVALID' }));
  });
});
