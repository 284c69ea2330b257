import { fileURLToPath } from 'node:url';
import { lintDockerfile, listInstructions, renderDockerfile } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';

const TEMPLATE = fileURLToPath(new URL('../job-template.Dockerfile', import.meta.url));
const EVERYTHING = {
  gomod: 'go.mod',
  go_version: 1.25,
  cgo: true,
  max_concurrency: '2',
  max_concurrency_queue: 0,
};

async function render(jobtypeExtra: Record<string, unknown>, more: Record<string, unknown> = {}) {
  return await renderDockerfile(TEMPLATE, { jobtype_extra: jobtypeExtra, ...more });
}

describe('the Dockerfile of a Go job', () => {
  test.each([
    ['with nothing', {}, {}],
    ['with everything', EVERYTHING, { system_dependencies: ['libpq-dev'], build_env: { A: 'b' } }],
  ])('gives a linter nothing to say: %s', async (_title, extra, more) => {
    expect(lintDockerfile(await render(extra, more))).toEqual([]);
  });

  test('starts the wrapper as the process target does, with the options of the manifest', async () => {
    const text = await render(EVERYTHING);
    const command: unknown = JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? 'null');

    expect(command).toEqual([
      '/src/job/.racetrack/program/job',
      '--port=7000',
      '--swagger-dir=/opt/swagger',
      '--max-concurrency=2',
      '--max-concurrency-queue=0',
    ]);
    expect(text).toContain('FROM golang:1.25-bookworm AS build');
    expect(await render({})).toMatch(/^USER 10001\nEXPOSE 7000\nSTOPSIGNAL SIGTERM\nCMD /m);
    expect(text).toContain('LABEL racetrack-component="job"');
  });

  test('keeps build variables out of the image that runs, and secrets out of every layer', async () => {
    const text = await render(EVERYTHING, { build_env: { TOKEN_NAME: 'from-build-env' } });
    const [, last = ''] = text.split(/^FROM debian/m);

    expect(text).toContain('ENV TOKEN_NAME="from-build-env"');
    expect(last).not.toContain('from-build-env');
    expect(text.match(/--mount=type=secret/g)).toHaveLength(1);
  });

  test.each(['a"b', 'a\\', '$(id) ${X:-y}', "it's; id", '`id`', '"], ["sh"', '--flag', 'x\nRUN evil'])(
    'keeps a hostile value in its place: %j',
    async (value) => {
      const harmless = await Promise.all(placesOf('harmless').map(describeRendered));

      for (const [index, place] of placesOf(value).entries()) {
        expect([harmless[index], 'TEMPLATE_INVALID', 'MANIFEST_INVALID']).toContainEqual(
          await describeRendered(place),
        );
      }
    },
  );
});

type Place = readonly [Record<string, unknown>, Record<string, unknown>];

function placesOf(word: string): Place[] {
  return [
    [{ ...EVERYTHING, gomod: word }, {}],
    [{ ...EVERYTHING, home_page: word }, {}],
    [EVERYTHING, { system_dependencies: ['git', word] }],
    [EVERYTHING, { build_env: { KEY: word } }],
  ];
}

/** What a value can spoil: instructions, what a linter says, and whether the command is JSON; or why it was refused. */
async function describeRendered([extra, more]: Place): Promise<unknown> {
  const text = await render(extra, more).catch((error: unknown) => error);
  if (typeof text !== 'string') return (text as { readonly code: string }).code;
  const command: unknown = JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? '');
  return {
    instructions: listInstructions(text),
    findings: lintDockerfile(text),
    isList: Array.isArray(command),
  };
}
