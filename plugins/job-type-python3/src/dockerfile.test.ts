import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { lintDockerfile, listInstructions, renderDockerfile } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { PLUGIN_DIR } from './wrapper-harness.ts';

const TEMPLATE = join(PLUGIN_DIR, 'job-template.Dockerfile');
const PLAIN = { entrypoint_path: 'adder.py' };
const EVERYTHING = {
  entrypoint_path: 'adder.py',
  entrypoint_class: 'Adder',
  requirements_path: 'requirements.txt',
  python_version: 3.1,
  debian_version: 'bookworm',
  debian_backports: true,
  memray_profiler: true,
  max_concurrency: '2',
  max_concurrency_queue: 0,
  model_path: 'model.pkl',
};

async function render(jobtypeExtra: Record<string, unknown>, more: Record<string, unknown> = {}) {
  return await renderDockerfile(TEMPLATE, { jobtype_extra: jobtypeExtra, ...more });
}

describe('the Dockerfile of a Python job', () => {
  test.each([
    ['with a class alone', PLAIN, {}],
    ['with everything', EVERYTHING, { system_dependencies: ['libgomp1'], build_env: { A: 'b' } }],
    ['with a model alone', { model_path: 'model.pkl' }, {}],
  ])('gives a linter nothing to say: %s', async (_title, extra, more) => {
    expect(lintDockerfile(await render(extra, more))).toEqual([]);
  });

  test('starts the wrapper as the process target does, with the options of the manifest', async () => {
    const text = await render(EVERYTHING);
    const command: unknown = JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? 'null');

    expect(command).toEqual(
      [
        '/opt/job/bin/python -u /opt/job/wrapper/run_job.py run --port=7000',
        '--max-concurrency=2 --max-concurrency-queue=0 --model-path=model.pkl',
        '--requirements-path=requirements.txt -- adder.py Adder',
      ].flatMap((words) => words.split(' ')),
    );
    expect(text).toContain('FROM python:3.10-bookworm AS base');
    expect(text).toContain('ENV MEMRAY_PROFILER=true');
  });

  test('keeps build variables out of the image that runs, and secrets out of every layer', async () => {
    const text = await render(EVERYTHING, { build_env: { TOKEN_NAME: 'from-build-env' } });
    const [, last = ''] = text.split(/^FROM base$/m);

    expect(text).toContain('ENV TOKEN_NAME="from-build-env"');
    expect(last).not.toContain('from-build-env');
    expect(text.match(/--mount=type=secret/g)).toHaveLength(1);
  });

  test('belongs to nobody in particular: no root, port 7000, SIGTERM', async () => {
    expect(await render(PLAIN)).toMatch(/^USER 10001\nEXPOSE 7000\nSTOPSIGNAL SIGTERM\nCMD /m);
    expect(await render(PLAIN)).toContain('LABEL racetrack-component="job"');
  });
});

describe('a hostile value of the manifest', () => {
  const HOSTILE = [
    'a"b',
    'a\\',
    '$(id) ${X:-y}',
    "it's; id",
    'a" B="c',
    '`id`',
    '"], ["sh"',
    '--flag',
    'x\nRUN evil',
  ];

  test.each(HOSTILE)('stays one word where it is put: %j', async (value) => {
    const places: [Record<string, unknown>, Record<string, unknown>][] = [
      [{ ...EVERYTHING, entrypoint_path: value }, {}],
      [{ ...EVERYTHING, entrypoint_class: value }, {}],
      [{ ...EVERYTHING, requirements_path: value }, {}],
      [{ ...EVERYTHING, model_path: value }, {}],
      [{ ...EVERYTHING, home_page: value }, {}],
      [EVERYTHING, { system_dependencies: ['git', value] }],
      [EVERYTHING, { build_env: { KEY: value } }],
    ];
    for (const [extra, more] of places) {
      const [safeExtra, safeMore] = [withoutValue(extra, value), withoutValue(more, value)];

      expect([
        await describeOutcome(safeExtra, safeMore),
        ['TEMPLATE_INVALID'],
        ['MANIFEST_INVALID'],
      ]).toContainEqual(await describeOutcome(extra, more));
    }
  });
});

/** Instructions, findings of the linter, and whether the command can be read; or the code of a refusal. */
async function describeOutcome(
  extra: Record<string, unknown>,
  more: Record<string, unknown>,
): Promise<string[]> {
  try {
    const text = await render(extra, more);
    const words: unknown = JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? 'null');
    return [...listInstructions(text), ...lintDockerfile(text), `${Array.isArray(words) && words.length}`];
  } catch (error) {
    return [error instanceof PlatformError ? error.code : String(error)];
  }
}

/** The same fields with a harmless word in the place of the value. */
function withoutValue(fields: Record<string, unknown>, value: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(fields), (_name, each: unknown) => (each === value ? 'harmless' : each));
}
