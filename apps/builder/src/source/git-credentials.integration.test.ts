import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectConfinement } from '@racetrack-platform/sandbox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planOf, requestOf, runBuilderHere, shell } from '../testing/builder-process.ts';
import { createRepository } from '../testing/git-repository.ts';
import { startHttpsGitServer, type HttpsGitServer } from '@racetrack-platform/testing';

const PASSWORD = 'pass word/with "odd" %41 $signs';
/** With limits git passes through a gate, which must leave the credentials to it. */
const limits = {
  memoryBytes: 1024 ** 3,
  processes: 1024,
  diskBytes: null,
  logBytes: null,
  cpuMillicores: null,
};
const { tools } = await detectConfinement();
const credentials = { username: 'bob', password: PASSWORD };

let root: string;
let server: HttpsGitServer;
let env: Record<string, string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-builder-https-'));
  await createRepository(join(root, 'private'), { text: 'secret code' });
  server = await startHttpsGitServer(root, credentials);
  env = { GIT_SSL_CAINFO: server.certificatePath };
});

afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

async function build(
  git: object,
  variables: Record<string, string> = env,
  remote = `${server.origin}/private`,
) {
  const plan = planOf({ steps: [shell('env; cat text')] });
  return await runBuilderHere(
    requestOf(join(root, 'builds'), remote, { git, plan, limits, tools }),
    variables,
  );
}

test('fetches over https with credentials that no command line, environment or output shows', async () => {
  const bin = join(root, 'bin');
  const record = join(root, 'record');
  await createRepository(bin, {
    git: `#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ >> ${record}\nPATH="\${PATH#*:}"\nexec git "$@"\n`,
  });
  const outcome = await build({ credentials }, { ...env, PATH: `${bin}:${process.env['PATH']}` });

  expect(outcome.error).toBeUndefined();
  expect(outcome.log).toContain('secret code');
  const recorded = await readFile(record, 'utf8');
  expect(recorded).toContain('ls-remote');
  expect(recorded).toContain('fetch');
  for (const text of [recorded, JSON.stringify(outcome)]) {
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain(encodeURIComponent(PASSWORD));
    expect(text).not.toContain(btoa(`bob:${PASSWORD}`));
  }
});

test('takes credentials out of the URL and uses them', async () => {
  const url = new URL(`${server.origin}/private`);
  url.username = 'bob';
  url.password = encodeURIComponent(PASSWORD);
  const outcome = await build({}, env, url.href);

  expect(outcome.error).toBeUndefined();
  expect(outcome.log).not.toContain(url.password);
});

test('says that credentials are missing, and how to store them, also when the commit is in the cache', async () => {
  const known = await build({ credentials });
  const commit = known.result?.commit;
  for (const ref of [null, commit]) {
    const { error } = await build({ ref });
    expect(error).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('no git credentials configured for a repo'),
      hint: expect.stringMatching(/read_repository.*racetrack set credentials/),
    });
  }
});

test('says that credentials are refused', async () => {
  const { error } = await build({ credentials: { ...credentials, password: 'wrong-password' } });

  expect(error?.message).toContain('authentication failure');
  expect(JSON.stringify(error)).not.toContain('wrong-password');
});

test('says that a repository does not exist', async () => {
  const { error } = await build({ credentials }, env, `${server.origin}/absent`);

  expect(error?.message).toContain('repository not found');
});

test('says that a certificate cannot be verified', async () => {
  const { error } = await build({ credentials }, {});

  expect(error?.message).toContain('certificate');
  expect(error?.hint).toContain('GIT_SSL_CAINFO');
});

test('gives the credentials to no host that the remote redirects to', async () => {
  const otherRoot = await mkdtemp(join(tmpdir(), 'racetrack-builder-redirect-'));
  const redirecting = await startHttpsGitServer(otherRoot, null, server.origin);
  const both = join(otherRoot, 'both.pem');
  await writeFile(
    both,
    (await readFile(server.certificatePath, 'utf8')) + (await readFile(redirecting.certificatePath, 'utf8')),
  );
  try {
    const { error } = await build({ credentials }, { GIT_SSL_CAINFO: both }, `${redirecting.origin}/private`);
    expect(error?.message).toMatch(/no git credentials|authentication failure/);
  } finally {
    await redirecting.close();
    await rm(otherRoot, { recursive: true, force: true });
  }
});

test('refuses credentials with a line break', async () => {
  const { error } = await build({ credentials: { username: 'bob\nhost=evil', password: 'x' } });

  expect(error?.code).toBe('SOURCE_REFUSED');
});
