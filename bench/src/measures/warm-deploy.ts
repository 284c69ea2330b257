import { execFile } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Measure } from '../figure.ts';
import { median, presentSpread } from '../median.ts';
import { logIn } from '../platform/log-in.ts';
import { startPlatform, type Platform } from '../platform/start-platform.ts';
import { ROOT } from '../repository.ts';

/** Design, section 6. */
const GOAL_WARM_MS = 1_000;
const GOAL_FIRST_MS = 10_000;
const SAMPLE = path.join(ROOT, 'sample/python-class');
const execute = promisify(execFile);

/** From the start of `racetrack deploy` to the first answer of the job, of a version whose files are known already. */
export const warmDeploy: Measure = {
  name: 'deploy',
  title: 'racetrack deploy of a Python job until its first answer',
  async run({ folder, runCount, report }) {
    if (!existsSync(SAMPLE)) return { kind: 'skipped', reason: 'there is no sample/python-class' };
    const platform = await startPlatform(path.join(folder, 'data'));
    try {
      const repository = await makeRepository(path.join(folder, 'python-class'));
      const token = await logIn(platform);
      const deploy = async (version: string): Promise<number> => {
        const startedAt = performance.now();
        await deployVersion({ platform, token, folder, repository, version });
        await call(platform, token, version);
        const durationMs = performance.now() - startedAt;
        report(`${version}: ${durationMs.toFixed(0)} ms`);
        return durationMs;
      };
      const firstMs = await deploy('1.0.0');
      const times: number[] = [];
      for (let run = 1; run <= runCount; run += 1) times.push(await deploy('1.0.0'));
      // Another version is another manifest, so its artifact is made anew in the known environment.
      const nextTimes: number[] = [];
      for (let run = 1; run <= runCount; run += 1) nextTimes.push(await deploy(`1.0.${run}`));
      return {
        kind: 'figures',
        figures: [
          {
            id: 'first_deploy_ms',
            title: 'first deploy on an empty store',
            value: firstMs,
            unit: 'ms',
            goal: GOAL_FIRST_MS,
            detail: 'once; no requirements to download',
          },
          {
            id: 'warm_deploy_ms',
            title: 'warm deploy (same tree, --force): CLI start to first answer',
            value: median(times),
            unit: 'ms',
            goal: GOAL_WARM_MS,
            detail: `median of ${runCount}, ${presentSpread(times)}`,
          },
          {
            id: 'next_version_ms',
            title: 'next version: CLI start to first answer',
            value: median(nextTimes),
            unit: 'ms',
            detail: `median of ${runCount}, ${presentSpread(nextTimes)}`,
          },
        ],
      };
    } finally {
      await platform.stop();
    }
  },
};

async function makeRepository(repository: string): Promise<string> {
  cpSync(SAMPLE, repository, { recursive: true });
  const identity = [
    '-c',
    'user.name=bench',
    '-c',
    'user.email=bench@example.com',
    '-c',
    'commit.gpgsign=false',
  ];
  await execute('git', ['init', '--quiet', '--initial-branch=main'], { cwd: repository });
  await execute('git', ['add', '--all'], { cwd: repository });
  await execute('git', [...identity, 'commit', '--quiet', '-m', 'Add a job'], { cwd: repository });
  return repository;
}

interface DeployVersionOptions {
  readonly platform: Platform;
  readonly token: string;
  readonly folder: string;
  readonly repository: string;
  readonly version: string;
}

async function deployVersion({
  platform,
  token,
  folder,
  repository,
  version,
}: DeployVersionOptions): Promise<void> {
  const variables = [
    `git.remote=${pathToFileURL(repository).href}`,
    'git.branch=main',
    'git.directory=.',
    `version=${version}`,
  ].flatMap((variable) => ['-e', variable]);
  const remote = ['--remote', `${platform.endpoints.lifecycle}/lifecycle`];
  await execute(
    path.join(ROOT, 'bin/racetrack'),
    ['deploy', repository, '--force', '--build-context', 'git', ...remote, ...variables],
    {
      env: { ...process.env, RACETRACK_TOKEN: token, RACETRACK_CONFIG: path.join(folder, 'client.yaml') },
    },
  );
}

async function call({ endpoints }: Platform, token: string, version: string): Promise<void> {
  const response = await fetch(`${endpoints.pub}/pub/job/adder/${version}/api/v1/perform`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-racetrack-auth': token },
    body: '{"numbers":[40,2]}',
  });
  const text = await response.text();
  if (text.trim() !== '42') throw new Error(`the job answered ${response.status} ${text}`);
}
