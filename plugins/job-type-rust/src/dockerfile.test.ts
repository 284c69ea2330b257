import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lintDockerfile, listInstructions, renderDockerfile } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';

const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));
const TEMPLATE = join(PLUGIN_DIR, 'job-template.Dockerfile');
const EVERYTHING = {
  cargo_manifest_path: 'Cargo.toml',
  cargo_lock_path: 'Cargo.lock',
  rust_version: '1.90',
  max_concurrency: '2',
  max_concurrency_queue: 0,
};

async function render(jobtypeExtra: Record<string, unknown>, more: Record<string, unknown> = {}) {
  return await renderDockerfile(TEMPLATE, { jobtype_extra: jobtypeExtra, ...more });
}

describe('the Dockerfile of a Rust job', () => {
  test.each([
    ['of a folder', {}, {}],
    ['with everything', EVERYTHING, { system_dependencies: ['libssl3'], build_env: { A: 'b' } }],
  ])('gives a linter nothing to say: %s', async (_title, extra, more) => {
    expect(lintDockerfile(await render(extra, more))).toEqual([]);
  });

  test('starts the wrapper as the process target does, with the options of the manifest', async () => {
    const text = await render(EVERYTHING);
    const command: unknown = JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? 'null');

    expect(command).toEqual([
      '/src/job/.racetrack/job',
      '--port=7000',
      '--swagger-dir=/opt/swagger',
      '--max-concurrency=2',
      '--max-concurrency-queue=0',
    ]);
    expect(text).toContain('FROM rust:1.90-bookworm AS build');
  });

  test('keeps build variables and compilers out of the image that runs, and secrets out of every layer', async () => {
    const text = await render(EVERYTHING, { build_env: { TOKEN_NAME: 'from-build-env' } });
    const [, last = ''] = text.split(/^FROM debian:bookworm-slim$/m);

    expect(text).toContain('ENV TOKEN_NAME="from-build-env"');
    expect(last).not.toContain('from-build-env');
    expect(text.match(/--mount=type=secret/g)).toHaveLength(1);
  });

  test('belongs to nobody in particular: no root, port 7000, SIGTERM', async () => {
    expect(await render({})).toMatch(/^USER 10001\nEXPOSE 7000\nSTOPSIGNAL SIGTERM\nCMD /m);
    expect(await render({})).toContain('LABEL racetrack-component="job"');
  });

  test.each(['a"b', '$(id) ${X:-y}', "it's; id", '"], ["sh"', '--flag'])(
    'keeps a hostile value one word where it is put: %j',
    async (value) => {
      for (const field of ['cargo_manifest_path', 'cargo_lock_path', 'home_page']) {
        const text = await render({ ...EVERYTHING, [field]: value });
        const safe = await render({ ...EVERYTHING, [field]: 'harmless' });

        expect(listInstructions(text)).toEqual(listInstructions(safe));
        expect(lintDockerfile(text)).toEqual([]);
        expect(() => JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? '')).not.toThrow();
      }
    },
  );
});
