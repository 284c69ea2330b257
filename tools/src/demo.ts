import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cleanDataDirectory } from './clean/clean-data-directory.ts';
import { DEMO_USAGE, parseDemoArguments } from './demo/demo-arguments.ts';
import { DemoFailure } from './demo/demo-failure.ts';
import { DEMO_FOLDER } from './demo/demo-folder.ts';
import { makeRepository } from './demo/make-repository.ts';
import { presentSummary } from './demo/present-summary.ts';
import { runRacetrack } from './demo/run-racetrack.ts';
import { startPlatform, type DemoPlatform } from './demo/start-platform.ts';
import { createSteps } from './demo/steps.ts';
import { ROOT } from './repository.ts';
import { presentDuration } from './steps/present-duration.ts';

const JOB = 'adder';
const REQUEST = '{"numbers":[40,2]}';
const ANSWER = '42';

const request = parseDemoArguments(process.argv.slice(2));
if (request.kind === 'usage') {
  (request.exitCode === 0 ? process.stdout : process.stderr).write(DEMO_USAGE);
  process.exit(request.exitCode);
}
process.exit(await runDemo(request.staysUp));

/** From an empty folder to an answered call; returns the exit code. */
async function runDemo(staysUp: boolean): Promise<number> {
  const stopping = new AbortController();
  let child: DemoPlatform['child'] | undefined;
  let exited: Promise<number> | undefined;
  let log = '';
  // The platform itself tells a second Ctrl-C from an echo of the first, so every signal is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stopping.abort(new DemoFailure('interrupted'));
      child?.kill(signal);
    });
  }
  let exitCode = 1;
  try {
    await cleanDataDirectory(DEMO_FOLDER.data, () => {});
    rmSync(DEMO_FOLDER.root, { recursive: true, force: true });
    mkdirSync(DEMO_FOLDER.root, { mode: 0o700 });
    const adminPassword = randomBytes(9).toString('base64url');
    const endpoints = await deployAndCall({
      adminPassword,
      signal: stopping.signal,
      start: async () => {
        const platform = await startPlatform({
          dataDir: DEMO_FOLDER.data,
          adminPassword,
          env: process.env,
          onStart: (started) => {
            child = started;
            exited = new Promise((resolve) => started.on('close', (code) => resolve(code ?? 1)));
          },
          onOutput: (chunk) => (log += chunk.toString()),
        });
        return platform.endpoints;
      },
    });
    exitCode = 0;
    if (staysUp) {
      console.log(presentSummary({ endpoints, adminPassword, job: JOB }));
      console.log('  The platform stays up until you press Ctrl-C.');
      exitCode = (await exited) ?? 1;
    }
  } catch (error) {
    if (!stopping.signal.aborted) {
      if (log !== '') console.error(`\nWhat the platform said:\n${log}`);
      console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
      console.error(`  Its logs are in ${path.join(DEMO_FOLDER.data, 'logs')}.`);
    }
    exitCode = 1;
  }
  console.log('\nStopping the platform and its jobs ...');
  if (child !== undefined && child.exitCode === null) child.kill('SIGTERM');
  await exited;
  if (exitCode === 0) await cleanDataDirectory(DEMO_FOLDER.data, () => {});
  if (exitCode === 0) rmSync(DEMO_FOLDER.root, { recursive: true, force: true });
  console.log('Stopped.');
  return exitCode;
}

interface DeployAndCallOptions {
  readonly adminPassword: string;
  readonly signal: AbortSignal;
  readonly start: () => Promise<DemoPlatform['endpoints']>;
}

/** The five steps of the tour. */
async function deployAndCall({
  adminPassword,
  signal,
  start,
}: DeployAndCallOptions): Promise<DemoPlatform['endpoints']> {
  const startedAt = performance.now();
  if (process.getuid?.() !== 0)
    console.log('not root: jobs run as you and can read your files (docs/security.md)');
  const steps = createSteps(5, signal);
  const options = { env: process.env, signal };
  const endpoints = await steps.run('Start the platform on an empty store', start);
  await steps.run('Make a git repository out of sample/python-class', async () => {
    await makeRepository(path.join(ROOT, 'sample/python-class'), DEMO_FOLDER.repository);
  });
  await steps.run('Log in', async () => {
    await runRacetrack(['set', 'remote', `${endpoints.lifecycle}/lifecycle`], options);
    await runRacetrack(['login', '--username', 'admin'], { ...options, input: `${adminPassword}\n` });
  });
  await steps.run('Deploy the job from its git repository', async () => {
    const args = ['deploy', DEMO_FOLDER.repository, '--build-context', 'git', '--output', 'json'];
    const { commit } = JSON.parse(await runRacetrack(args, options)) as { commit?: string };
    if (commit === undefined) throw new DemoFailure('the job was not built from its git repository');
    console.log(`      built from commit ${commit}`);
  });
  await steps.run('Call it through pub', async () => {
    const answer = await runRacetrack(['call', JOB, '/api/v1/perform', REQUEST], options);
    console.log(`\n      POST ${endpoints.pub}/pub/job/${JOB}/latest/api/v1/perform`);
    console.log(`      ${REQUEST}\n      => ${answer.trim()}\n`);
    if (answer.trim() !== ANSWER) throw new DemoFailure(`the job answered ${answer.trim()}, not ${ANSWER}`);
  });
  console.log(`\nFrom an empty store to the answer in ${presentDuration(performance.now() - startedAt)}.`);
  return endpoints;
}
