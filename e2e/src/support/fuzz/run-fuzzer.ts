import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FuzzSubject, FuzzWorld } from './fuzz-world.ts';

const run = promisify(execFile);
const FUZZER = 'schemathesis==4.32.5';
const HOOKS = fileURLToPath(new URL('../../fixtures/fuzz', import.meta.url));

/** How often each operation was called, by status: `{"GET /live": {"200": 3}}`. */
export type FuzzReport = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface FuzzResult {
  /** What the fuzzer complains about; empty: nothing. */
  readonly complaints: string;
  readonly report: FuzzReport;
}

/** Installs the fuzzer into a folder of its own; answers its program. */
export async function installFuzzer(directory: string): Promise<string> {
  const venv = join(directory, 'fuzzer');
  await run('python3', ['-m', 'venv', venv]);
  await run(join(venv, 'bin/pip'), ['install', '--quiet', FUZZER], { timeout: 170_000 });
  return join(venv, 'bin/st');
}

const OPTIONS = {
  '--phases': 'coverage,fuzzing',
  '--max-examples': '10',
  '--checks': 'not_a_server_error,explains_refusals,keeps_secrets',
  '--request-timeout': '20',
  '--suppress-health-check': 'all',
  // Both cost time in which nothing is called.
  '--warnings': 'off',
  '--generation-database': 'none',
};

/** Most of the time that the fuzzer needs beyond its own, for its start and the last answer. */
const MARGIN_MS = 60_000;

/**
 * Fuzzes every operation as one subject.
 *
 * @param seconds - after which it ends.
 * @returns what it found, and what it did.
 */
export async function runFuzzer(
  world: FuzzWorld,
  program: string,
  subject: FuzzSubject,
  seconds: number,
): Promise<FuzzResult> {
  const { platform } = world;
  const base = `${platform.endpoints.lifecycle}/lifecycle`;
  const files = join(platform.directory, `fuzz-${subject.replaceAll(' ', '-')}`);
  const { knowsTokensOf, ...account } = world.accounts[subject];
  const settings = {
    subject,
    base,
    ...account,
    knows_tokens_of: knowsTokensOf,
    forbidden: world.forbiddenTo(subject),
    ...(await world.listThings()),
    seed: Date.now(),
    report: `${files}.report.json`,
  };
  await writeFile(`${files}.json`, JSON.stringify(settings), { mode: 0o600 });
  const args = ['run', `${base}/openapi.json`, '--url', base];
  for (const [option, value] of Object.entries({ ...OPTIONS, '--max-time': String(seconds) })) {
    args.push(option, value);
  }
  args.push('--no-color', '--no-shrink', '--continue-on-failure');
  const complaints = await run(program, args, {
    cwd: platform.directory,
    env: {
      ...process.env,
      PYTHONPATH: HOOKS,
      SCHEMATHESIS_HOOKS: 'racetrack_hooks',
      FUZZ_SETTINGS: `${files}.json`,
    },
    maxBuffer: 64_000_000,
    timeout: seconds * 1_000 + MARGIN_MS,
  }).then(
    () => '',
    (error: { stdout?: string; stderr?: string }) => `${error.stdout}${error.stderr}`,
  );
  const report = await readFile(settings.report, 'utf8').catch(() => '{}');
  return { complaints, report: JSON.parse(report) as FuzzReport };
}
