import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  startHostileGitServer,
  startHttpsGitServer,
  type HostileGitServer,
  type HttpsGitServer,
} from '@racetrack-platform/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { attemptDeployment, type Attempt } from './support/attempts.ts';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { expectNothingLeft, listBelongings, type Belongings } from './support/nothing-left.ts';
import { Platform } from './support/platform.ts';

const ACCESS = { username: 'bob', password: 'a-token-for-bob' };

let root: string;
let open: HttpsGitServer;
let closed: HttpsGitServer;
let hostile: HostileGitServer;
let platform: Platform;
let token: string;
let before: Belongings;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-e2e-bad-git-'));
  const source = await createRepository(join(root, 'source'), {
    'jobs/adder/job.py': 'class Adder:\n    def perform(self, x, y):\n        return x + y\n',
    'README.md': 'jobs\n',
  });
  open = await serve('open', source, null);
  closed = await serve('closed', source, ACCESS);
  await mkdir(join(root, 'hostile'));
  hostile = await startHostileGitServer(join(root, 'hostile'));
  const certificates = [open, closed, hostile].map(
    async (host) => await readFile(host.certificatePath, 'utf8'),
  );
  await writeFile(join(root, 'trusted.pem'), (await Promise.all(certificates)).join(''));
  platform = await Platform.start([], {
    GIT_SSL_CAINFO: join(root, 'trusted.pem'),
    RACETRACK_GIT_ALLOW_LOCAL: 'false',
    RACETRACK_GIT_ALLOW_PRIVATE: 'localhost',
    RACETRACK_GIT_TIMEOUT: '2',
    RACETRACK_MAX_DEPLOYMENTS: '9',
  });
  token = await platform.login();
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await Promise.all([open.close(), closed.close(), hostile.close()]);
  await rm(root, { recursive: true, force: true });
});

beforeEach(async () => {
  before = await listBelongings(platform);
});

afterEach(async () => {
  await expectNothingLeft(platform, before);
});

async function serve(name: string, source: string, access: typeof ACCESS | null): Promise<HttpsGitServer> {
  const folder = join(root, name);
  await promisify(execFile)('git', ['clone', '--quiet', '--bare', source, join(folder, 'jobs.git')]);
  return await startHttpsGitServer(folder, access);
}

let count = 0;

/** Tries to deploy a job with `git` as given; each job has a name of its own. */
async function attempt(
  git: Readonly<Record<string, unknown>>,
  more: Record<string, unknown> = {},
): Promise<Attempt> {
  count += 1;
  const manifest = {
    name: `bad-git-${count}`,
    owner_email: 'team@example.com',
    jobtype: 'python3:latest',
    git,
    jobtype_extra: { entrypoint_path: 'job.py' },
  };
  return await attemptDeployment(platform, token, { manifest, ...more });
}

/** What every refusal owes its reader. */
function expectExplained(result: Attempt): void {
  expect([result.error, result.hint !== '']).toEqual([result.error, true]);
  expect(result.error).not.toContain(platform.dataDir);
  expect(result.error).not.toMatch(/\n\s+at |INTERNAL/);
}

test('remotes that nobody fetches from are refused at once', async () => {
  const remotes = [
    'no address',
    'git@host.example:a/b.git',
    'ssh://h/a',
    'http://h/a',
    'ftp://h/a',
    'file:///etc',
    '/etc',
  ];
  for (const remote of [
    ...remotes,
    '',
    'https://',
    '--upload-pack=touch /tmp/x',
    'ext::sh -c true',
    7,
    null,
    ['x'],
  ]) {
    const result = await attempt({ remote });

    expect([remote, result.status, result.code]).toEqual([
      remote,
      400,
      expect.stringMatching(/^(?:MANIFEST_INVALID|SOURCE_REFUSED)$/),
    ]);
    expectExplained(result);
  }
});

test('private addresses are refused in every spelling, the allowed host is not', async () => {
  const hosts = ['10.0.0.1', '169.254.169.254', '0x7f.1', '2130706433', '[fe80::1]', '[::ffff:127.0.0.1]'];
  const results = await Promise.all(
    hosts.map(async (host) => await attempt({ remote: `https://${host}/jobs.git` })),
  );

  for (const [index, result] of results.entries()) {
    expect([hosts[index], result.code]).toEqual([hosts[index], 'SOURCE_REFUSED']);
    expect(result.hint).toContain('RACETRACK_GIT_ALLOW_PRIVATE');
    expectExplained(result);
  }
  const redirected = await attempt({ remote: `${hostile.origin}/to-metadata` });
  expect(redirected).toMatchObject({
    code: 'SOURCE_REFUSED',
    error: expect.stringContaining('169.254.169.254'),
  });
});

test('what is missing in a repository is named, with what is there', async () => {
  const remote = `${open.origin}/jobs.git`;
  const cases: [Record<string, unknown>, string, RegExp][] = [
    [{ remote: `${open.origin}/absent.git` }, 'SOURCE_UNAVAILABLE', /repository not found/],
    [{ remote, branch: 'absent' }, 'SOURCE_UNAVAILABLE', /no branch or tag "absent"; its branches are main/],
    [{ remote, branch: 'f'.repeat(40) }, 'SOURCE_UNAVAILABLE', /does not have the commit/],
    [{ remote, directory: 'jobs/absent' }, 'SOURCE_UNAVAILABLE', /the directories in "jobs" are adder/],
    [{ remote, directory: 'README.md' }, 'SOURCE_UNAVAILABLE', /is a file, not a directory/],
    [{ remote, directory: '../..' }, 'MANIFEST_INVALID', /directory inside the repository|leads out/],
    [{ remote, directory: 'jobs' }, 'MANIFEST_INVALID', /the source has no file "job.py"/],
  ];
  const results = await Promise.all(cases.map(async ([git]) => await attempt(git)));

  for (const [index, result] of results.entries()) {
    expect(result).toMatchObject({
      code: cases[index]?.[1],
      error: expect.stringMatching(cases[index]?.[2] ?? ''),
    });
    expectExplained(result);
  }
});

test('servers that hang, send garbage, break off or redirect for ever end a deployment with the reason', async () => {
  const cases: [string, RegExp][] = [
    [`${hostile.silentOrigin}/a`, /does not answer in time/],
    [`${hostile.drippingOrigin}/a`, /does not answer in time/],
    [`${hostile.origin}/hangs`, /does not answer in time/],
    [`${hostile.origin}/garbage`, /cannot be fetched|not a git repository|broke off/],
    [`${hostile.origin}/breaks-off`, /broke off/],
    [`${hostile.origin}/in-circles`, /redirects/],
    [`${hostile.origin}/to-file`, /not https/],
    [`${hostile.origin}/to-http`, /not https/],
    ['https://no-such-host.invalid/a', /is unknown to the server/],
  ];
  const results = await Promise.all(cases.map(async ([remote]) => await attempt({ remote })));

  for (const [index, result] of results.entries()) {
    expect(result).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      error: expect.stringMatching(cases[index]?.[1] ?? ''),
    });
    expectExplained(result);
  }
});

test('credentials that are missing, wrong or without the right are told apart, and never repeated', async () => {
  const remote = `${closed.origin}/jobs.git`;
  const wrong = { username: 'bob', password: 'a-wrong-token' };
  const results = await Promise.all([
    attempt({ remote }),
    attempt({ remote }, { git_credentials: wrong }),
    attempt({ remote: `https://bob:a-wrong-token@${new URL(remote).host}/jobs.git` }),
    attempt({ remote: `${hostile.origin}/forbids` }, { git_credentials: wrong }),
  ]);

  for (const result of results) {
    expect(result.code).toBe('SOURCE_UNAVAILABLE');
    expect(result.hint).toMatch(/read_repository.*racetrack set credentials/);
    expect(JSON.stringify(result)).not.toContain('a-wrong-token');
    expectExplained(result);
  }
  expect(results[0]?.error).toContain('no git credentials configured');
  expect(results.slice(1).map(({ error }) => error)).toEqual(
    Array(3).fill(expect.stringContaining('authentication failure')),
  );
});

test.each([
  ['a branch that is not there', 'open', 'absent', 6, /no branch or tag "absent"/, /Correct git.branch/],
  ['credentials that are missing', 'closed', undefined, 6, /no git credentials/, /racetrack set credentials/],
  ['a private address', 'private', undefined, 2, /private network/, /RACETRACK_GIT_ALLOW_PRIVATE/],
])('the CLI says what is wrong and what to do: %s', async (_what, host, branch, exitCode, error, hint) => {
  const origin = { open: open.origin, closed: closed.origin }[host] ?? 'https://10.0.0.1';
  const folder = join(platform.directory, 'from-cli');
  await mkdir(folder, { recursive: true });
  const options = {
    name: 'from-cli',
    version: '1.0.0',
    remote: `${origin}/jobs.git`,
    ...(branch && { branch }),
  };
  await writeFile(join(folder, 'job.yaml'), pythonManifest(options));

  const result = await platform.cli(['deploy', folder]);

  expect(result.code).toBe(exitCode);
  expect(result.stderr).toMatch(new RegExp(`error: .*${error.source}`));
  expect(result.stderr).toMatch(new RegExp(`hint: .*${hint.source}`));
  expect(result.stderr).not.toMatch(/\n\s+at /);
});
