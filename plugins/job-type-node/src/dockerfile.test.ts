import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '@racetrack-platform/errors';
import { lintDockerfile, listInstructions, renderDockerfile } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';

const TEMPLATE = join(dirname(dirname(fileURLToPath(import.meta.url))), 'job-template.Dockerfile');
const PLAIN = { entrypoint_path: 'adder.js' };
const EVERYTHING = {
  entrypoint_path: 'adder.ts',
  entrypoint_class: 'Adder',
  dependencies_path: 'package-lock.json',
  node_version: '26',
  max_concurrency: '2',
  max_concurrency_queue: 0,
  workers: 2,
};

async function render(jobtypeExtra: Record<string, unknown>, more: Record<string, unknown> = {}) {
  return await renderDockerfile(TEMPLATE, { jobtype_extra: jobtypeExtra, ...more });
}

describe('the Dockerfile of a Node job', () => {
  test.each([
    ['with a function alone', PLAIN, {}],
    ['with everything', EVERYTHING, { system_dependencies: ['libgomp1'], build_env: { A: 'b' } }],
  ])('gives a linter nothing to say: %s', async (_title, extra, more) => {
    expect(lintDockerfile(await render(extra, more))).toEqual([]);
  });

  test('starts the wrapper as the process target does, as nobody in particular', async () => {
    const text = await render(EVERYTHING);

    expect(JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? 'null')).toEqual([
      'node',
      '/opt/job/wrapper/run.js',
      '--port=7000',
      '--max-concurrency=2',
      '--max-concurrency-queue=0',
      '--workers=2',
      '--signature=.racetrack-signatures.json',
      '--',
      'adder.ts',
      'Adder',
    ]);
    expect(text).toContain('FROM node:26-bookworm-slim AS base');
    expect(text).toMatch(/^USER 10001\nEXPOSE 7000\nSTOPSIGNAL SIGTERM\nCMD /m);
    expect(text).toContain('LABEL racetrack-component="job"');
  });

  test('keeps build variables out of the image that runs, and secrets out of every layer', async () => {
    const text = await render(EVERYTHING, { build_env: { TOKEN_NAME: 'from-build-env' } });
    const [, last = ''] = text.split(/^FROM base$/m);

    expect(text).toContain('ENV TOKEN_NAME="from-build-env"');
    expect(last).not.toContain('from-build-env');
    expect(text.match(/--mount=type=secret/g)).toHaveLength(1);
  });

  test.each(['a"b', 'a\\', '$(id) ${X:-y}', "it's; id", '`id`', '"], ["sh"', '--flag', 'x\nRUN evil'])(
    'a hostile value of the manifest stays one word: %j',
    async (value) => {
      for (const field of ['entrypoint_path', 'entrypoint_class', 'dependencies_path', 'home_page']) {
        const safe = await render({ ...EVERYTHING, [field]: 'harmless' });
        // What is refused cannot do harm; a refusal is one of the renderer's.
        const text = await render({ ...EVERYTHING, [field]: value }).catch((error: unknown) => {
          if (PlatformError.is(error) && /^(?:TEMPLATE|MANIFEST)_INVALID$/.test(error.code)) return safe;
          throw error;
        });
        expect(listInstructions(text)).toEqual(listInstructions(safe));
        expect(lintDockerfile(text)).toEqual([]);
      }
    },
  );
});
