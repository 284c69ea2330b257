import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  planOf,
  requestOf,
  runBuilderHere,
  runBuilderProcess,
  shell,
  startBuilder,
} from './testing/builder-process.ts';
import { isAlive } from './testing/is-alive.ts';
import { createRepository, type TestRepository } from './testing/git-repository.ts';

let root: string;
let repository: TestRepository;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-builder-run-'));
  repository = await createRepository(join(root, 'repo'), { text: 'one' });
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

function withStep(script: string, changes: Partial<BuildRequest> = {}): BuildRequest {
  const plan = planOf({ steps: [shell(script)] });
  return requestOf(join(root, 'builds'), repository.dir, { plan, ...changes });
}

describe('a build', () => {
  test('tells its phases in the words that users know, and exits with 0 after the result', async () => {
    const { events, exitCode, stderr } = await runBuilderProcess(withStep('echo hello'));

    const phases = events.flatMap((event) =>
      event.type === 'phase' ? [`${event.phase}: ${event.text}`] : [],
    );
    expect(phases).toEqual([
      'source: fetching the source code',
      'build: preparing the environment',
      'build: building image (1/1)',
    ]);
    expect(events.at(-1)?.type).toBe('result');
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
  });

  test('gives its steps a small environment of their own', async () => {
    const changes = { buildEnv: { PLAIN: 'yes' }, secretBuildEnv: { TOKEN: 'abc' } };
    const env = { DATABASE_PASSWORD: 'not-for-steps', PIP_INDEX_URL: 'https://index.example/simple' };
    const { log } = await runBuilderHere(withStep('env | cut -d= -f1 | sort | tr "\\n" " "', changes), env);

    const names = log.split('\n').find((line) => line.includes('HOME '));
    const ofTheShell = new Set(['', '_', 'PWD', 'OLDPWD', 'SHLVL']);
    expect(names?.split(' ').filter((name) => !ofTheShell.has(name))).toEqual(
      'HOME LANG NO_COLOR PATH PIP_INDEX_URL PLAIN RACETRACK_BUILD_WORKSPACE TERM TMPDIR TOKEN'.split(' '),
    );
  });

  test('takes every secret out of what it tells', async () => {
    const secretBuildEnv = { TOKEN: 's3cret-value', KEY: 'line-one\nline-two', SHORT: 'abc' };
    const env = { PIP_INDEX_URL: 'https://me:index-password@index.example/simple' };
    const script = 'echo "got $TOKEN"; echo "$KEY"; echo $PIP_INDEX_URL; printf %s $TOKEN >&2; exit 1';
    const outcome = await runBuilderHere(withStep(script, { secretBuildEnv }), env);

    const said = JSON.stringify(outcome);
    for (const secret of ['s3cret-value', 'line-one', 'line-two', 'index-password']) {
      expect(said).not.toContain(secret);
    }
    expect(outcome.error?.message).toContain('got ***');
  });

  test('says which program a step could not start', async () => {
    const plan = planOf({ steps: [{ title: 'Compiling', command: ['no-such-compiler', 'x'] }] });
    const { error } = await runBuilderHere(withStep('', { plan }));

    expect(error?.message).toBe('Compiling: the command no-such-compiler could not be started: ENOENT');
  });

  test('does not wait for what a step leaves running, and ends it', async () => {
    const { result } = await runBuilderHere(withStep('sleep 600 & echo $! > pid'));

    const pid = Number(await readFile(join(result!.sourceDir, 'pid'), 'utf8'));
    expect(isAlive(pid)).toBe(false);
  });

  test('ends at its time limit with the last words of the step', async () => {
    const { error, exitCode } = await runBuilderHere(
      withStep('echo working on it; sleep 600', { timeoutMs: 700 }),
    );

    expect(exitCode).toBe(1);
    expect(error?.code).toBe('BUILD_LIMIT_EXCEEDED');
    expect(error?.message).toBe(
      'Running a script: the build did not finish within 0.7 seconds. Its last lines:\nworking on it',
    );
  });

  test('that is told to end by the end of its input or SIGTERM kills all that its steps started', async () => {
    for (const cancel of ['stdin', 'SIGTERM'] as const) {
      const script = `
        sleep 600 & a=$!
        setsid sleep 601 & b=$!
        sh -c 'sleep 602 & echo $!; wait' | { read c; echo pids $a $b $c; wait; }; wait`;
      const builder = startBuilder(withStep(script));
      await builder.waitFor((event) => event.type === 'log' && event.text.startsWith('pids '));
      if (cancel === 'stdin') builder.child.stdin?.end();
      else builder.child.kill(cancel);
      const { log, error, exitCode } = await builder.ended;

      expect(exitCode).toBe(1);
      expect(error).toMatchObject({ code: 'DEPLOYMENT_INTERRUPTED', message: 'the build was cancelled' });
      const pids = /^pids (.*)$/m.exec(log)?.[1]?.split(' ').map(Number) ?? [];
      expect(pids).toHaveLength(3);
      expect(pids.filter(isAlive)).toEqual([]);
    }
  });
});

describe('a request is refused', () => {
  test.each([
    ['that is not a build request', { a: 'hidden-value' }],
    ['whose key is not hexadecimal', { ...requestOf('/tmp', '/x'), secretsKey: 'hidden-value' }],
    ['whose directory is relative', requestOf('builds', '/x')],
  ])('%s, without quoting it', async (_title, request) => {
    const { exitCode, error } = await runBuilderHere(request);

    expect(exitCode).toBe(1);
    expect(error?.code).toBe('BAD_REQUEST');
    expect(error?.message).not.toContain('hidden-value');
  });

  test('that does not come', async () => {
    const builder = startBuilder({});
    builder.child.stdin?.end();

    expect((await builder.ended).error?.code).toBe('BAD_REQUEST');
  });
});
