import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate, startHostileGitServer, type HostileGitServer } from '@racetrack-platform/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestOf, runBuilderHere, type BuilderOutcome } from '../testing/builder-process.ts';
import { runGit } from './git-command.ts';
import { startGuardedProxy } from './network/guarded-proxy.ts';

const credentials = { username: 'bob', password: 'a-token-for-bob' };

let root: string;
let server: HostileGitServer;
let other: HostileGitServer;
let env: Record<string, string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-builder-hostile-'));
  other = await startHostileGitServer(root, { certificate: await makeCertificate(root, 'other') });
  server = await startHostileGitServer(root, { elsewhere: other.origin });
  const trusted = join(root, 'trusted.pem');
  await writeFile(
    trusted,
    (await readFile(server.certificatePath, 'utf8')) + (await readFile(other.certificatePath, 'utf8')),
  );
  env = { GIT_SSL_CAINFO: trusted };
});

afterAll(async () => {
  await server.close();
  await other.close();
  await rm(root, { recursive: true, force: true });
});

async function build(
  remote: string,
  changes: Parameters<typeof requestOf>[2] = {},
  variables = env,
): Promise<BuilderOutcome> {
  const request = { ...requestOf(join(root, 'builds'), remote, changes), gitTimeoutMs: 2000 };
  const outcome = await runBuilderHere(request, variables);
  if (outcome.error?.code === 'BAD_REQUEST') throw new Error(outcome.error.message);
  expect(await readdir(join(root, 'builds', 'workspaces'))).toEqual([]);
  return outcome;
}

test.each([
  ['that it breaks off', 'breaks-off', 'SOURCE_UNAVAILABLE', /broke off/],
  ['that it is a page, no repository', 'page', 'SOURCE_UNAVAILABLE', /no branches at all/],
  [
    'that it speaks no protocol',
    'garbage',
    'SOURCE_UNAVAILABLE',
    /not a git repository|cannot be fetched|broke off/,
  ],
  ['that it hangs', 'hangs', 'SOURCE_UNAVAILABLE', /does not answer in time/],
  ['that it redirects in circles', 'in-circles', 'SOURCE_UNAVAILABLE', /redirects/],
  ['that it leads to a file', 'to-file', 'SOURCE_UNAVAILABLE', /leads to an address that is not https/],
  ['that it leads to http', 'to-http', 'SOURCE_UNAVAILABLE', /leads to an address that is not https/],
  ['that it asks for credentials', 'asks', 'SOURCE_UNAVAILABLE', /no git credentials configured/],
  ['that it forbids access', 'forbids', 'SOURCE_UNAVAILABLE', /no git credentials configured/],
  ['that it does not exist', 'absent', 'SOURCE_UNAVAILABLE', /repository not found/],
  ['that it is out of order', 'fails', 'SOURCE_UNAVAILABLE', /answers with an error of its own \(500\)/],
])('says of a remote %s', async (_what, path, code, message) => {
  const { error, durationMs } = await build(`${server.origin}/${path}`);

  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(error?.hint).toBeTruthy();
  expect(error?.message).not.toContain(root);
  expect(durationMs).toBeLessThan(10_000);
});

test.each(['silentOrigin', 'drippingOrigin'] as const)(
  'gives up on a server that hangs (%s)',
  async (which) => {
    const { error, durationMs } = await build(`${server[which]}/repo`);

    expect(error?.message).toContain('does not answer in time');
    expect(durationMs).toBeLessThan(10_000);
  },
);

test('says that nobody listens, and that a name is unknown', async () => {
  const refused = await build('https://localhost:1/repo');
  const unknown = await build('https://no-such-host.invalid/repo');

  expect(refused.error?.message).toContain('no connection to localhost');
  expect(unknown.error?.message).toContain('the name no-such-host.invalid is unknown');
});

test.each([
  ['expired', { isExpired: true }],
  ['of another host', { host: 'elsewhere.example' }],
])('refuses a certificate that is %s', async (_what, changes) => {
  const certificate = await makeCertificate(root, 'bad', changes);
  const bad = await startHostileGitServer(root, { certificate });
  try {
    const { error } = await build(`${bad.origin}/repo`, {}, { GIT_SSL_CAINFO: bad.certificatePath });

    expect(error).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('certificate'),
    });
    expect(bad.requests).toEqual([]);
  } finally {
    await bad.close();
  }
});

test('follows a redirect to another host, and keeps the credentials from it', async () => {
  const { error } = await build(`${server.origin}/authenticated-elsewhere`, { git: { credentials } });

  expect(error?.message).toMatch(/credentials|authentication failure/);
  expect(server.requests.some(({ authorization }) => authorization !== undefined)).toBe(true);
  expect(other.requests.length).toBeGreaterThan(0);
  expect(other.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
});

test.each([
  'https://127.0.0.1/repo',
  'https://2130706433/repo',
  'https://0x7f000001/repo',
  'https://0177.0.0.1/repo',
  'https://[::1]/repo',
  'https://[::ffff:10.0.0.1]/repo',
  'https://169.254.169.254/latest/meta-data',
  'https://0.0.0.0/repo',
  'https://localhost/repo',
])('refuses the private address %s', async (remote) => {
  const { error } = await build(remote, { allowPrivate: [] });

  expect(error).toMatchObject({
    code: 'SOURCE_REFUSED',
    hint: expect.stringContaining('RACETRACK_GIT_ALLOW_PRIVATE'),
  });
});

test('refuses a redirect from an allowed host to a private address', async () => {
  const { error } = await build(`${server.origin}/to-metadata`, { allowPrivate: ['localhost'] });

  expect(error).toMatchObject({
    code: 'SOURCE_REFUSED',
    message: expect.stringContaining('169.254.169.254'),
  });
});

test('ends a transfer that does not end', async () => {
  const policy = { allows: () => true };
  await using proxy = await startGuardedProxy({ policy, answerMs: 5000, maxBytes: 3_000_000 });
  const { parseGitRemote } = await import('./git-remote.ts');
  const { openGitNetwork } = await import('./network/git-network.ts');
  const remote = parseGitRemote(`${server.origin}/endless`, { allowLocalGit: false, credentials: null });
  const config = { path: process.env['PATH'] ?? '', gitEnv: env };
  const network = await openGitNetwork(config, remote, { allowPrivate: ['*'], gitTimeoutMs: 5000 });
  await network[Symbol.asyncDispose]();
  const proxied = { ...network.env, https_proxy: proxy.url, HTTPS_PROXY: proxy.url };
  const signal = AbortSignal.timeout(30_000);
  const through = { ...network, env: proxied };
  const deps = { config, remote, network: through, memory: null, confined: null, signal };

  await expect(runGit(deps, ['ls-remote', '--', remote.address], { cwd: root })).rejects.toThrow('localhost');
  expect(proxy.failure).toEqual({ kind: 'too-large', host: 'localhost' });
});

test('a name that stands for a public and a private address is refused, and resolved once', async () => {
  const asked: string[] = [];
  await using proxy = await startGuardedProxy({
    policy: { allows: (_host, address) => address !== '127.0.0.1' },
    answerMs: 1000,
    async lookUp(host) {
      asked.push(host);
      return [
        { address: '192.0.2.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ];
    },
  });
  const { url } = proxy;
  const { request } = await import('node:http');
  const { hostname, port, username, password } = new URL(url);
  const ask = async (authorization: string): Promise<number | undefined> =>
    await new Promise((resolve, reject) => {
      const headers = { 'proxy-authorization': authorization };
      request({ hostname, port, method: 'CONNECT', path: 'twofold.example:443', headers })
        .once('connect', (answer, socket) => {
          socket.destroy();
          resolve(answer.statusCode);
        })
        .once('error', reject)
        .end();
    });

  expect(await ask('Basic guessed')).toBe(407);
  expect(await ask(`Basic ${btoa(`${username}:${password}`)}`)).toBe(403);
  expect(proxy.failure).toEqual({ kind: 'refused', host: 'twofold.example' });
  expect(asked).toEqual(['twofold.example']);
});
