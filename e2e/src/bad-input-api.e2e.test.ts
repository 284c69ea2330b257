import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '@racetrack-platform/testing';
import { attemptDeployment, requestRaw, type Attempt } from './support/attempts.ts';
import { expectNothingLeft, listBelongings, type Belongings } from './support/nothing-left.ts';
import { Platform } from './support/platform.ts';

/** Bounds every single answer: bad input is refused, not worked on. */
const QUICK_MS = 20_000;
const SOUND = {
  name: 'bad-api',
  owner_email: 'team@example.com',
  jobtype: 'python3:latest',
  git: { remote: 'https://git.example/jobs' },
  jobtype_extra: { entrypoint_path: 'job.py' },
};

let platform: Platform;
let token: string;
let before: Belongings;

beforeAll(async () => {
  platform = await Platform.start();
  token = await platform.login();
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

beforeEach(async () => {
  before = await listBelongings(platform);
});

afterEach(async () => {
  await expectNothingLeft(platform, before);
});

/** Asks for a deployment that must be refused at once, with everything that a refusal owes its reader. */
async function expectRefused(body: unknown, statuses: readonly number[] = [400, 422]): Promise<Attempt> {
  const startedAt = performance.now();
  const result = await attemptDeployment(platform, token, body);
  const shown = JSON.stringify(body)?.slice(0, 100);
  expect([shown, statuses.includes(result.status), result.status]).toEqual([shown, true, result.status]);
  expect([shown, result.code]).toEqual([shown, expect.stringMatching(/^[A-Z_]+$/)]);
  expect([shown, result.error !== '', result.hint !== '']).toEqual([shown, true, true]);
  expect(result.error.length).toBeLessThan(10_000);
  expect(performance.now() - startedAt).toBeLessThan(QUICK_MS);
  return result;
}

test('names and versions that could be paths, or nothing, are refused', async () => {
  expect.hasAssertions();
  const names = [
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    'a b',
    'a.b',
    '-a',
    'a\n',
    'a\0',
    'ä',
    '%2e%2e',
    'x'.repeat(64),
    7,
    null,
    [],
    {},
  ];
  for (const name of names) await expectRefused({ manifest: { ...SOUND, name } });
  const versions = [
    '',
    'latest',
    '1.x',
    '1',
    '1.0',
    '../1.0.0',
    '1.0.0/..',
    '1.0.0 ',
    '1.0.0\n',
    '%2e',
    '٣.0.0',
    '1.0.0-',
    '9'.repeat(99),
    1,
  ];
  for (const version of versions) await expectRefused({ manifest: { ...SOUND, version } });
});

test('every field of a request for a deployment is held to its type', async () => {
  expect.hasAssertions();
  const wrong: Record<string, unknown[]> = {
    manifest: [undefined, null, 'name: x', [], 7, {}],
    git_credentials: ['bob', [], { username: 'bob' }, { username: 1, password: 2 }],
    secret_vars: [
      'A=1',
      [],
      { build_env: 'A=1' },
      { runtime_env: { A: 1 } },
      { runtime_env: { PUB_URL: 'x' } },
    ],
    build_context: [7, {}, 'no base64 of anything', 'AAAA'],
    force: ['yes', 1],
    build_flags: ['--no-cache', ['--privileged'], [7]],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) await expectRefused({ manifest: SOUND, [field]: value });
  }
  const fields = {
    name: 1,
    owner_email: [],
    git: 'x',
    jobtype: 3,
    replicas: 'many',
    resources: [],
    runtime_env: [1],
  };
  const more = {
    public_endpoints: 'x',
    system_dependencies: { a: 1 },
    build_env: { A: 1 },
    extends: 7,
    no_such_field: 1,
  };
  for (const [field, value] of Object.entries({ ...fields, ...more })) {
    await expectRefused({ manifest: { ...SOUND, [field]: value } });
  }
});

test.skipIf(!existsSync('/usr/bin/dpkg-query'))(
  'packages that this machine does not have are named before anything is built (skipped without dpkg)',
  async () => {
    const manifest = { ...SOUND, system_dependencies: ['libc-bin', 'no-such-package'] };

    expect((await expectRefused({ manifest })).error).toContain('system_dependencies no-such-package');
  },
);

test('what is no JSON object is refused, and not repeated', async () => {
  const texts = [
    '',
    '{',
    '[]',
    '"x"',
    'null',
    '{"manifest": {"password": "hunter2"',
    '['.repeat(100_000),
    `{"a":${'['.repeat(90)}${']'.repeat(90)}}`,
  ];
  for (const text of texts) expect((await expectRefused(text)).error).not.toContain('hunter2');
  await expectRefused(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]));
  await expectRefused(`{"manifest": {}, "padding": "${'x'.repeat(3_000_000)}"}`);
});

test('a body that is too large is refused before it is sent', async () => {
  const { hostname, port } = new URL(platform.endpoints.lifecycle);
  const head = [
    'POST /api/v1/deploy HTTP/1.1',
    'Host: x',
    `X-Racetrack-Auth: ${token}`,
    'Content-Type: application/json',
  ];
  const answer = await sendBytes(
    hostname,
    Number(port),
    [...head, 'Content-Length: 300000000', '', '{'].join('\r\n'),
  );

  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain('BODY_TOO_LARGE');
});

test('a request that breaks off leaves no file', async () => {
  const { hostname, port } = new URL(platform.endpoints.lifecycle);
  const head = [
    'POST /api/v1/deploy HTTP/1.1',
    'Host: x',
    `X-Racetrack-Auth: ${token}`,
    'Content-Length: 9000000',
  ];
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  // Only a body that has begun to be kept can be left behind.
  const kept = async (): Promise<number> => (await listBelongings(platform)).files['uploads']?.length ?? 0;
  const keptBefore = await kept();
  socket.write([...head, '', '{"build_context": "'].join('\r\n'));
  socket.write('A'.repeat(3_000_000));
  await waitUntil('the server to keep the body', async () => (await kept()) > keptBefore);
  expect(socket.destroyed).toBe(false);
  socket.destroy();
});

test('paths of jobs cannot climb, neither at lifecycle nor at pub', async () => {
  const odd = [
    '..%2f..',
    '%2e%2e',
    '..',
    '.',
    'a%00b',
    'a%0ab',
    '%ff%fe',
    'a%5cb',
    '%',
    'x'.repeat(5_000),
    "'%20or%201=1--",
  ];
  for (const part of odd) {
    for (const path of [
      `/api/v1/job/${part}/1.0.0`,
      `/api/v1/job/a/${part}`,
      `/api/v1/job/${part}/${part}/logs`,
    ]) {
      const answer = await requestRaw(platform.endpoints.lifecycle, path, {
        headers: { 'x-racetrack-auth': token },
      });
      expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true]);
      expect(JSON.parse(answer.body)).toMatchObject({ error: expect.any(String), code: expect.any(String) });
    }
    for (const path of [`/pub/job/${part}/1.0.0/x`, `/pub/job/a/${part}/x`, `/pub/job/a/1.0.0/${part}`]) {
      const answer = await requestRaw(platform.endpoints.pub, path, {
        headers: { 'x-racetrack-auth': token },
      });
      expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true]);
      expect(JSON.parse(answer.body)).toMatchObject({ error: expect.any(String), code: expect.any(String) });
    }
  }
});

test('heads that two readers could understand differently are refused by both servers', async () => {
  const bodies = [
    'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef',
    'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n',
    'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
    'GET /x HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n',
    'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET /x HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`,
    'no http at all\r\n\r\n',
  ];
  for (const origin of [platform.endpoints.lifecycle, platform.endpoints.pub]) {
    const { hostname, port } = new URL(origin);
    for (const bytes of bodies) {
      const answer = await sendBytes(hostname, Number(port), bytes);
      const shown = bytes.slice(0, 90);
      expect([shown, answer.slice(0, 13)]).toEqual([shown, expect.stringMatching(/^HTTP\/1\.1 4\d\d/)]);
    }
  }
});

test('manifests that are none, or bombs, are refused by the CLI within a second of work', async () => {
  const levels = Array.from(
    { length: 30 },
    (_, index) => `l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join(', ')}]`,
  );
  const manifests: Record<string, string | Buffer> = {
    empty: '',
    list: '- a\n- b\n',
    scalar: 'just a text\n',
    bomb: `l0: &l0 x\n${levels.join('\n')}\n`,
    itself: 'a: &a [*a]\n',
    deep: `a: ${'['.repeat(100_000)}\n`,
    large: `a: "${'x'.repeat(10_000_000)}"\n`,
    binary: Buffer.from([0x6e, 0x3a, 0x20, 0xff, 0xfe, 0x00, 0x0a]),
    tab: 'git:\n\tremote: x\n',
    python: 'name: !!python/object/apply:os.system ["touch /tmp/x"]\n',
    loop: 'extends: job.yaml\n',
    escaping: 'extends: /etc/passwd\n',
  };
  const results = await Promise.all(
    Object.entries(manifests).map(async ([name, content]) => {
      const folder = join(platform.directory, `yaml-${name}`);
      await mkdir(folder);
      await writeFile(join(folder, 'job.yaml'), content);
      return { name, result: await platform.cli(['deploy', folder]) };
    }),
  );
  for (const { name, result } of results) {
    expect([name, result.code]).toEqual([name, 2]);
    expect(result.stderr).toContain('error:');
    expect(result.stderr).toContain('hint:');
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.stderr.length).toBeLessThan(5_000);
  }
});

test('files of secrets are read from the directory of the manifest only', async () => {
  const folder = join(platform.directory, 'secrets');
  await mkdir(join(folder, 'directory'), { recursive: true });
  await writeFile(join(platform.directory, 'outside.env'), 'PASSWORD=do-not-send\n');
  await symlink('../outside.env', join(folder, 'link.env'));
  await writeFile(join(folder, 'binary.env'), Buffer.from([0x41, 0x3d, 0xff, 0xfe]));
  await writeFile(join(folder, 'nul.env'), 'PASSWORD=a\0b\n');
  await writeFile(join(folder, 'large.env'), `A=${'x'.repeat(10_000_000)}\n`);
  await writeFile(join(folder, 'reserved.env'), 'PUB_URL=http://evil.example\n');
  const cases: [string, RegExp][] = [
    ['../outside.env', /outside of the directory/],
    ['/etc/passwd', /outside of the directory/],
    ['../../../../etc/passwd', /outside of the directory/],
    ['link.env', /outside of the directory/],
    ['absent.env', /doesn't exist/],
    ['directory', /is not a file/],
    ['binary.env', /not a text in UTF-8/],
    ['nul.env', /holds a NUL character/],
    ['large.env', /larger than a megabyte/],
    ['reserved.env', /reserved names/],
  ];
  for (const [file, error] of cases) {
    const manifest = { ...SOUND, secret_runtime_env_file: file };
    await writeFile(join(folder, 'job.yaml'), JSON.stringify(manifest));
    const result = await platform.cli(['deploy', folder, '--build-context', 'git']);
    expect([file, result.code]).toEqual([file, 2]);
    expect(result.stderr).toMatch(error);
    expect(result.stderr).toContain('hint:');
    expect(result.stderr).not.toMatch(/do-not-send|root:x:0/);
  }
});

/** Sends bytes and answers what comes back until the other side closes, or says no more. */
async function sendBytes(hostname: string, port: number, bytes: string): Promise<string> {
  return await new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, hostname, () => socket.write(bytes));
    const end = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(3_000, end);
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
      socket.setTimeout(300, end);
    });
    socket.once('close', end).once('error', end);
  });
}
