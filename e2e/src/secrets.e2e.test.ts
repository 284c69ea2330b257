import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startHttpsGitServer, waitUntil, type HttpsGitServer } from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { Platform, type CliResult } from './support/platform.ts';
import { findSecrets, searchFiles, watchProcesses, type ProcessSighting } from './support/secret-hunt.ts';

/** Each is like nothing else in the world, and holds what has to be escaped somewhere. */
const mark = (name: string): string => `Zq7-${name}-${randomBytes(9).toString('hex')}%41+x`;

const SECRETS = {
  adminPassword: mark('admin'),
  userPassword: mark('user'),
  changedPassword: mark('changed'),
  gitPassword: mark('git'),
  buildSecret: mark('build'),
  runtimeSecret: mark('runtime'),
};
const ACCESS = { username: 'bob', password: SECRETS.gitPassword };

const KEEPER = [
  'import os',
  'class Keeper:',
  '    def perform(self, x):',
  "        return len(os.environ['RUNTIME_SECRET']) + x",
  '',
].join('\n');
const CHATTERBOX = [
  'import os, sys',
  'class Chatterbox:',
  '    def __init__(self):',
  '        print(dict(os.environ), flush=True)',
  "        raise RuntimeError('it dies with ' + os.environ['RUNTIME_SECRET'])",
  '    def perform(self):',
  '        return 1',
  '',
].join('\n');
/** A package whose build prints the secrets of the build, in the ways of careless build scripts. */
const LOUD_SETUP = [
  'import os, sys, base64',
  "print('loud build:', os.environ.get('BUILD_SECRET'), file=sys.stderr)",
  "raise SystemExit('failed with ' + os.environ.get('BUILD_SECRET', 'nothing'))",
  '',
].join('\n');

let root: string;
let host: HttpsGitServer;
let platform: Platform;
let token = '';
let deployed: Record<'keeper' | 'inline' | 'loud' | 'chatterbox', CliResult>;
let sightings: ProcessSighting[];
let rounds: number;

describe.skipIf(process.platform !== 'linux')('secrets, through a full life (needs /proc of Linux)', () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'racetrack-e2e-secrets-'));
    await publish('keeper', { 'job.py': KEEPER });
    await publish('loud', {
      'job.py': KEEPER,
      'requirements.txt': './loud\n',
      'loud/setup.py': LOUD_SETUP,
    });
    await publish('chatterbox', { 'job.py': CHATTERBOX });
    host = await startHttpsGitServer(root, ACCESS);
    platform = await Platform.start([], {
      GIT_SSL_CAINFO: host.certificatePath,
      RACETRACK_GIT_ALLOW_LOCAL: 'false',
      RACETRACK_ADMIN_PASSWORD: SECRETS.adminPassword,
    });
    const watch = watchProcesses(SECRETS);
    await live();
    rounds = watch.rounds;
    sightings = await watch.stop();
  });

  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await host.close();
    await rm(root, { recursive: true, force: true });
  });

  test('the life was one: jobs ran with their secrets, one build failed, one job crashed', async () => {
    expect(deployed.keeper).toMatchObject({ code: 0 });
    expect(deployed.inline).toMatchObject({ code: 0 });
    expect(deployed.loud.code).toBe(6);
    expect(deployed.loud.stderr).toContain('failed with ***');
    expect(deployed.chatterbox.code).toBe(6);
    expect(deployed.chatterbox.stderr).toContain('it dies with ***');
    const answer = await platform.call('keeper/latest/api/v1/perform', token, { x: 1 });
    expect(await answer.json()).toBe(SECRETS.runtimeSecret.length + 1);
    expect(rounds).toBeGreaterThan(20);
  });

  test('no command line of any process ever held one', () => {
    const seen = sightings.filter(({ where }) => where === 'cmdline');

    expect(seen.map(({ secret, commandLine }) => `${secret}: ${commandLine}`)).toEqual([]);
  });

  test('no environment held one, but of those entitled to it', () => {
    const strangers = sightings.filter((sighting) => sighting.where === 'environ' && !isEntitled(sighting));

    expect(strangers.map(({ secret, commandLine }) => `${secret}: ${commandLine}`)).toEqual([]);
    expect(sightings.map(({ secret }) => secret)).toContain('runtimeSecret');
    expect(sightings.filter(({ secret }) => /^(git|user|changed)Password$/.test(secret))).toEqual([]);
  });

  test('the data directory holds none in the clear, but the log of the job that printed its own', async () => {
    const found = await searchFiles(SECRETS, platform.dataDir);
    const elsewhere = found.filter(({ place }) => !/^instances\/[^/]+\/(output|log)/.test(place));

    expect(elsewhere).toEqual([]);
    expect(
      [...new Set(found.map(({ secret }) => secret))].filter((name) => name !== 'runtimeSecret'),
    ).toEqual([]);
  });

  test('keys and tokens are nowhere in the clear but in their own files', async () => {
    const [authKey, secretsKey] = await Promise.all(
      ['auth', 'secrets'].map(async (name) =>
        (await readFile(join(platform.dataDir, `keys/${name}.key`), 'utf8')).trim(),
      ),
    );
    const found = await searchFiles(
      { authKey: authKey ?? '', secretsKey: secretsKey ?? '', token },
      platform.dataDir,
    );

    expect(found).toEqual([
      { secret: 'authKey', place: 'keys/auth.key' },
      { secret: 'secretsKey', place: 'keys/secrets.key' },
    ]);
  });

  test('the API answers none on any of its pages, nor do lifecycle, pub, launcher and CLI print one', async () => {
    const pages = await readEveryPage();
    const printed: [string, string][] = [
      ['output of the platform', platform.output],
      ...Object.entries(deployed).map(([name, result]): [string, string] => [
        `deploy ${name}`,
        result.stdout + result.stderr,
      ]),
    ];

    expect(pages.size).toBeGreaterThan(15);
    expect([...pages, ...printed].flatMap(([place, text]) => findSecrets(SECRETS, place, text))).toEqual([]);
  });
});

async function publish(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const source = await createRepository(join(root, `${name}-source`), files);
  await promisify(execFile)('git', ['clone', '--quiet', '--bare', source, join(root, `${name}.git`)]);
}

/** Accounts, credentials, deployments that succeed and that fail, calls. */
async function live(): Promise<void> {
  token = await signIn('admin', SECRETS.adminPassword);
  await platform.cli(['login', '-'], { input: token });
  await request('POST', 'users/register', { username: 'carol@example.com', password: SECRETS.userPassword });
  await signIn('carol@example.com', SECRETS.userPassword).catch(() => undefined);
  const change = { old_password: SECRETS.adminPassword, new_password: SECRETS.changedPassword };
  await request('PUT', 'users/change_password', change);
  await signIn('admin', SECRETS.changedPassword);
  await platform.cli(['set', 'credentials', host.origin, ACCESS.username, '-'], { input: ACCESS.password });
  const inline = new URL(`${host.origin}/keeper.git`);
  inline.username = ACCESS.username;
  inline.password = encodeURIComponent(ACCESS.password);
  deployed = {
    keeper: await deploy('keeper', `${host.origin}/keeper.git`),
    inline: await deploy('inline', inline.href),
    loud: await deploy('loud', `${host.origin}/loud.git`, { requirements_path: 'requirements.txt' }),
    chatterbox: await deploy('chatterbox', `${host.origin}/chatterbox.git`),
  };
  await platform.call('keeper/latest/api/v1/perform', token, { x: 1 });
  await platform.cli(['logs', 'keeper', '--tail', '50']);
  await waitUntil('pub has written its tables', async () =>
    (await readFile(join(platform.dataDir, 'pub/snapshot.jsonl'), 'utf8')).includes('keeper'),
  );
}

async function deploy(
  name: string,
  remote: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const folder = join(platform.directory, name);
  const files = {
    'job.yaml':
      pythonManifest({ name, version: '1.0.0', remote, extra }) +
      'secret_build_env_file: .secrets/build.env\nsecret_runtime_env_file: .secrets/runtime.env\n',
    '.secrets/build.env': `BUILD_SECRET='${SECRETS.buildSecret}'\n`,
    '.secrets/runtime.env': `RUNTIME_SECRET='${SECRETS.runtimeSecret}'\n`,
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  return await platform.cli(['deploy', folder]);
}

async function signIn(username: string, password: string): Promise<string> {
  const { token: found } = (await request('POST', 'users/login', { username, password })) as {
    token: string;
  };
  return found;
}

async function request(method: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${platform.endpoints.lifecycle}/api/v1/${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { 'x-racetrack-auth': token }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return await response.json();
}

/** Every GET route of the API, for every job and deployment there is. */
async function readEveryPage(): Promise<Map<string, string>> {
  const read = async (path: string): Promise<string> => {
    const headers = { 'x-racetrack-auth': token };
    return await (await fetch(`${platform.endpoints.lifecycle}${path}`, { headers })).text();
  };
  const { paths } = JSON.parse(await read('/lifecycle/openapi.json')) as { paths: Record<string, object> };
  const deployments = [...(await read('/lifecycle/api/v1/deploy')).matchAll(/"id":"([^"]+)"/g)];
  const ids = deployments.map(([, id]) => id ?? '');
  const pages = new Map<string, string>();
  for (const [template, methods] of Object.entries(paths)) {
    // A stream has no end; what it tells are names of jobs.
    if (!('get' in methods) || template === '/api/v1/events') continue;
    for (const job of ['keeper', 'inline', 'loud', 'chatterbox']) {
      for (const id of ids.length === 0 ? ['none'] : ids) {
        const path = fill(template, job, id);
        if (!pages.has(path)) pages.set(path, withoutOwnLog(path, await read(path)));
      }
    }
  }
  return pages;
}

function fill(template: string, job: string, deploymentId: string): string {
  return template.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
    if (/version/i.test(name)) return '1.0.0';
    if (/id$/i.test(name)) return deploymentId;
    return /job|name/i.test(name) ? job : 'admin';
  });
}

/** What a job printed itself is shown to those who may read its log, as it is. */
function withoutOwnLog(path: string, text: string): string {
  return /chatterbox.*\/logs(\/plain)?$/.test(path) ? '' : text;
}

/**
 * Launcher and control have the password they were started with; a build step has the variables of the build, and a job
 * has those and its own, as in Racetrack 2.36.
 */
function isEntitled({ secret, commandLine, variables }: ProcessSighting): boolean {
  // What starts a job has the job's variables under names of its own.
  const has = (name: string): boolean => variables.some((variable) => variable.endsWith(name));
  switch (secret) {
    case 'adminPassword':
      return /apps\/(server|lifecycle)\/src\/main\.ts/.test(commandLine);
    case 'buildSecret':
      return has('BUILD_SECRET') && (has('RACETRACK_BUILD_WORKSPACE') || has('RACETRACK_INSTANCE_ID'));
    case 'runtimeSecret':
      return has('RUNTIME_SECRET') && has('RACETRACK_INSTANCE_ID');
    default:
      return false;
  }
}
