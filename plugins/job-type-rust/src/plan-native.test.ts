import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createPlanNative } from './plan-native.ts';

const signal = new AbortController().signal;
const rust = {
  version: '1.90.0',
  host: 'x86_64-unknown-linux-gnu',
  sysroot: '/opt/rust',
  cargo: '/opt/rust/bin/cargo',
  rustc: '/opt/rust/bin/rustc',
};
const CRATE = { cargo_manifest_path: 'Cargo.toml' };

async function planWith(jobtypeExtra: Record<string, unknown>) {
  const planNative = createPlanNative({
    pluginDir: dirname(dirname(fileURLToPath(import.meta.url))),
    findRust: async () => await Promise.resolve(rust),
    swaggerDir: '/swagger/',
  });
  return await planNative({ name: 'sample', version: '0.0.1', jobtypeExtra, systemDependencies: [] }, signal);
}

describe('the plan of a Rust job', () => {
  test('lets all folders share what is compiled for them, for good', async () => {
    const plan = await planWith({});

    expect(plan.environment).toMatchObject({ files: [], isShareable: true, expiresAfterMs: null });
    expect(plan.requiredFiles).toEqual([]);
    expect(plan.hostPaths).toEqual(['/opt/rust', '/swagger']);
    expect(plan.warnings).toEqual([]);
  });

  test('shares crates that an author chose with nobody else, and renews those without a lock file', async () => {
    const locked = await planWith({ ...CRATE, cargo_lock_path: 'Cargo.lock' });
    const unlocked = await planWith(CRATE);

    expect(locked.environment).toMatchObject({
      files: ['Cargo.toml', 'Cargo.lock'],
      isShareable: false,
      expiresAfterMs: null,
    });
    expect(unlocked.environment).toMatchObject({ files: ['Cargo.toml'], expiresAfterMs: 604_800_000 });
    expect(locked.steps[0]?.command).toEqual(
      expect.arrayContaining(['--manifest=Cargo.toml', '--lock=Cargo.lock']),
    );
  });

  test.each([
    ['serde = { path = "../serde" }', true],
    ['serde = { version = "1", path = "serde" }', true],
    ['version.workspace = true', true],
    ['[workspace]', true],
    ['serde = { version = "1", features = ["derive"] }', false],
    ['path = "src/job.rs"', false],
  ])('sees in Cargo.toml whether more of the source is compiled with it: %s', async (line, expected) => {
    const { environment } = await planWith(CRATE);

    expect(new RegExp(environment.referencePattern ?? '', 'mu').test(line)).toBe(expected);
  });

  test('starts the program in the files of the job, with the options of all wrappers', async () => {
    const { run } = await planWith({ max_concurrency: 2, home_page: '/docs' });

    expect(run).toEqual({
      command: [
        '${source}/.racetrack/job',
        '--uds=${socket}',
        '--swagger-dir=${environment}/swagger',
        '--home-page=/docs',
        '--max-concurrency=2',
      ],
      env: { JOB_TYPE_VERSION: '1.4.0' },
      cwd: '${source}',
    });
  });

  test('warns of fields that nothing reads', async () => {
    const { warnings } = await planWith({ rust_version: '1.90', requirements_path: 'x' });

    expect(warnings).toEqual([
      'jobtype_extra.rust_version has no effect without containers',
      'jobtype_extra.requirements_path is not a field of rust jobs and has no effect',
    ]);
  });

  test.each([
    [
      { cargo_manifest_path: '../Cargo.toml' },
      'jobtype_extra.cargo_manifest_path: must be the relative path',
    ],
    [{ cargo_manifest_path: 'mod.rs' }, 'of a file Cargo.toml'],
    [{ cargo_manifest_path: '${cache}/Cargo.toml' }, 'must be the relative path'],
    [{ cargo_lock_path: 'Cargo.lock' }, 'cargo_lock_path: needs cargo_manifest_path as well'],
    [{ ...CRATE, cargo_lock_path: 7 }, 'jobtype_extra.cargo_lock_path: must be'],
    [{ rust_version: 'nightly' }, 'jobtype_extra.rust_version: must be a version'],
    [{ max_concurrency: 'many' }, 'jobtype_extra.max_concurrency: must be a whole number'],
  ])('refuses %j', async (extra, message) => {
    await expect(planWith(extra)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining(message) as unknown,
    });
  });
});
