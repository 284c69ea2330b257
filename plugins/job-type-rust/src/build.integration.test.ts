import { execFile, execFileSync } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildStep, NativePlan } from '@racetrack-platform/contracts';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPlanNative } from './plan-native.ts';
import { createRustFinder } from './toolchain/find-rust.ts';
import { digestWrapper } from './wrapper-digest.ts';

const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));
const CRATE = {
  dir: fileURLToPath(new URL('../../../sample/rust-typed', import.meta.url)),
  extra: { cargo_manifest_path: 'Cargo.toml', cargo_lock_path: 'Cargo.lock' },
};
const BUILD_TIMEOUT_MS = 10 * 60_000;

const skipped = whySkipped();

describe.skipIf(skipped !== undefined)(`a crate of its own${skipped ?? ''}`, () => {
  let environment = '';
  let plan: NativePlan;
  let directory: Awaited<ReturnType<typeof createTemporaryDirectory>>;

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    plan = await planCrate();
    environment = await prepareEnvironment(plan);
  }, BUILD_TIMEOUT_MS);

  afterAll(async () => await directory[Symbol.asyncDispose]());

  async function build(name: string, change: (code: string) => string): Promise<Outcome> {
    const source = join(directory.path, name);
    await cp(CRATE.dir, source, { recursive: true });
    const code = join(source, 'src/lib.rs');
    await writeFile(code, change(await readFile(code, 'utf8')));
    return await runSteps(plan.steps, { source, environment });
  }

  test(
    'becomes a program among its files, with nothing of the build left there',
    { timeout: BUILD_TIMEOUT_MS },
    async () => {
      const outcome = await build('good', (code) => code);
      const source = join(directory.path, 'good');

      expect(outcome).toMatchObject({ exitCode: 0 });
      expect(outcome.output).not.toMatch(/Compiling (?:tokio|serde|humantime)/);
      expect((await stat(join(source, '.racetrack/job'))).mode & 0o111).not.toBe(0);
      await expect(access(join(source, 'target'))).rejects.toThrow('ENOENT');
    },
  );

  test('with a mistake is refused by file and line', { timeout: BUILD_TIMEOUT_MS }, async () => {
    const outcome = await build('mistaken', (code) => `${code}\nfn mistake() -> u32 { "text" }\n`);

    expect(outcome.exitCode).toBe(1);
    expect(outcome.output).toContain('error[E0308]: mismatched types');
    expect(outcome.output).toMatch(/--> src\/lib\.rs:\d+:\d+/);
  });

  test('without a function perform is told so', async () => {
    const outcome = await build('other', (code) => code.replaceAll('perform', 'execute'));

    expect(outcome).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('src/lib.rs has no function perform') as unknown,
    });
  });
});

test('the job that init writes to begin with names its Cargo.toml', async () => {
  const skeleton = new URL('../../../apps/cli/skeletons/job-rust/', import.meta.url);

  const manifest = await readFile(new URL('job.yaml', skeleton), 'utf8');

  await access(new URL('Cargo.toml', skeleton));
  expect(manifest).toMatch(/^jobtype_extra:\n {2}cargo_manifest_path: Cargo\.toml$/m);
});

interface Outcome {
  readonly exitCode: number;
  /** Both streams. */
  readonly output: string;
}

interface Paths {
  readonly source: string;
  readonly environment: string;
}

async function planCrate(): Promise<NativePlan> {
  const planNative = createPlanNative({
    pluginDir: PLUGIN_DIR,
    findRust: createRustFinder(),
    swaggerDir: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
  });
  const manifest = { name: 'sample', version: '0.0.1', jobtypeExtra: CRATE.extra, systemDependencies: [] };
  return await planNative(manifest, AbortSignal.timeout(30_000));
}

/** Compiles what the crate depends on, or finds it compiled by an earlier run: it takes a minute. */
async function prepareEnvironment(plan: NativePlan): Promise<string> {
  const lock = await readFile(join(CRATE.dir, 'Cargo.lock'), 'utf8');
  const key = (await digestWrapper(join(PLUGIN_DIR, 'runtime'))).slice(0, 16) + lock.length;
  const parent = join(tmpdir(), `racetrack-test-rust-${process.getuid?.() ?? 0}`);
  const environment = join(parent, key);
  const mark = join(environment, 'complete');
  if (
    await access(mark).then(
      () => true,
      () => false,
    )
  )
    return environment;
  await rm(parent, { recursive: true, force: true });
  await mkdir(environment, { recursive: true });
  const source = await mkdtemp(join(parent, 'source-'));
  await cp(CRATE.dir, source, { recursive: true });
  const outcome = await runSteps(plan.environment.steps, { source, environment });
  if (outcome.exitCode !== 0) throw new Error(outcome.output);
  await writeFile(`${mark}.new`, '');
  await rename(`${mark}.new`, mark);
  return environment;
}

async function runSteps(steps: readonly BuildStep[], paths: Paths): Promise<Outcome> {
  const fill = (text: string): string =>
    text
      .replaceAll('${source}', paths.source)
      .replaceAll('${environment}', paths.environment)
      .replaceAll('${plugin}', PLUGIN_DIR);
  let last: Outcome = { exitCode: 0, output: '' };
  for (const step of steps) {
    const [program = '', ...args] = step.command.map(fill);
    last = await run(program, args, paths.source);
    if (last.exitCode !== 0) return last;
  }
  return last;
}

async function run(program: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return await new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd, timeout: BUILD_TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 },
      (_error, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, output: `${stdout}${stderr}` }),
    );
  });
}

/** Its crates compile for a minute, beside those of the conformance job: too long for every change. */
function whySkipped(): string | undefined {
  if (!hasRust()) return ' (skipped: there is no cargo)';
  return process.env['RACETRACK_LONG_TESTS'] === '1'
    ? undefined
    : ' (skipped: a minute; RACETRACK_LONG_TESTS=1 runs it)';
}

function hasRust(): boolean {
  try {
    execFileSync('rustc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
