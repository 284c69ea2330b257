import { expect, test } from 'vitest';
import { checkTemplates } from './check-templates.ts';

test('finds file and line of a mistake in a template, and doubts what may be none', async () => {
  const texts: Record<string, string> = {
    'job-template.Dockerfile': 'FROM a\n{% if b %}\nRUN c\n{% endif %\n',
    'web/Dockerfile': 'RUN echo ${#list[@]}\n',
    'base.Dockerfile': 'RUN echo ${#list[@]}\n',
    'good-template.Dockerfile': 'FROM {{ base_image }}\n',
    'plugin.py': '{% if %}',
  };
  const files = Object.keys(texts).map((path) => ({ path, bytes: 10 }));

  const found = await checkTemplates(files, async (path) => Buffer.from(texts[path] ?? ''));

  expect(found.problems).toEqual([expect.stringMatching(/^job-template\.Dockerfile:4:\d+: /)]);
  expect(found.warnings).toEqual([
    expect.stringMatching(/^web\/Dockerfile:1:\d+: .*only if it is a template/),
  ]);
});
