import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  planOf,
  requestOf,
  runBuilderHere,
  runBuilderProcess,
  shell,
  startBuilder,
} from '../testing/builder-process.ts';
import { isAlive } from '../testing/is-alive.ts';
import { createRepository, type TestRepository } from '../testing/git-repository.ts';

let root: string;
let repository: TestRepository;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-builder-cache-'));
  repository = await createRepository(join(root, 'repo'), { 'requirements.txt': 'six', text: 'one' });
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Each run of a step leaves a line in `ran`. */
function request(changes: Partial<BuildRequest> = {}, environmentScript = ''): BuildRequest {
  const ran = join(root, 'ran');
  return requestOf(join(root, 'builds'), repository.dir, {
    plan: planOf({
      environment: {
        files: ['requirements.txt'],
        steps: [
          shell(
            `echo environment >> ${ran}; ${environmentScript} cp "\${source}/requirements.txt" "\${environment}/"`,
          ),
        ],
      },
      steps: [shell(`echo artifact >> ${ran}; cat "\${environment}/requirements.txt" > built`)],
    }),
    ...changes,
  });
}

async function listRuns(): Promise<string[]> {
  return (await readFile(join(root, 'ran'), 'utf8')).trim().split('\n');
}

async function listLeftovers(): Promise<string[]> {
  return await readdir(join(root, 'builds', 'workspaces'));
}

describe('a second build', () => {
  test('runs no step when nothing has changed', async () => {
    const cold = await runBuilderHere(request());
    const warm = await runBuilderHere(request());

    expect(cold.error).toBeUndefined();
    expect(await readFile(join(cold.result!.sourceDir, 'built'), 'utf8')).toBe('six');
    expect(warm.result).toEqual({ ...cold.result, reusedEnvironment: true, reusedArtifact: true });
    expect(await listRuns()).toEqual(['environment', 'artifact']);
    expect(await listLeftovers()).toEqual([]);
  });

  test('starts one process, to ask what the branch points to, and none for a recorded commit', async () => {
    const { result } = await runBuilderHere(request());
    const bin = join(root, 'bin');
    await createRepository(bin, {
      git: `#!/bin/sh\necho "$@" >> ${join(root, 'started')}\nPATH="\${PATH#*:}"\nexec git "$@"\n`,
    });
    const env = { PATH: `${bin}:${process.env['PATH']}` };
    const git = { commit: result!.commit };
    const recorded = await runBuilderHere({ ...request(), source: { ...request().source, ...git } }, env);
    const byBranch = await runBuilderHere(request(), env);

    expect([recorded, byBranch].map((outcome) => outcome.result?.reusedArtifact)).toEqual([true, true]);
    const started = (await readFile(join(root, 'started'), 'utf8')).trim().split('\n');
    expect(started).toEqual([expect.stringContaining('ls-remote')]);
  });

  test('of another commit keeps the environment and makes a new artifact', async () => {
    const before = await runBuilderHere(request());
    await repository.commit({ text: 'two' });
    const after = await runBuilderHere(request());

    expect(after.result).toMatchObject({ reusedEnvironment: true, reusedArtifact: false });
    expect(after.result?.environmentDir).toBe(before.result?.environmentDir);
    expect(await readFile(join(before.result!.sourceDir, 'text'), 'utf8')).toBe('one');
    expect(await readFile(join(after.result!.sourceDir, 'text'), 'utf8')).toBe('two');
  });

  test('of another commit makes a new environment when a listed file speaks of further files', async () => {
    const referring = (): BuildRequest => {
      const base = request();
      return {
        ...base,
        plan: { ...base.plan, environment: { ...base.plan.environment, referencePattern: '^-r' } },
      };
    };
    await repository.commit({ 'requirements.txt': 'six\n-r other.txt\n', 'other.txt': 'one' });
    await runBuilderHere(referring());
    await repository.commit({ 'other.txt': 'two' });
    const { result } = await runBuilderHere(referring());

    expect(result).toMatchObject({ reusedEnvironment: false });

    await repository.commit({ 'requirements.txt': 'six\n'.repeat(300_000) });
    expect(await runBuilderHere(referring())).toMatchObject({
      error: { code: 'SOURCE_UNAVAILABLE', message: '"requirements.txt" is too large' },
    });
  });

  test('shows the warnings of the plan, and those that a step prints', async () => {
    const base = request({}, 'for i in 1 2; do echo "warning: look there"; done; echo "no warning: x";');
    const { warnings } = await runBuilderHere({ ...base, plan: { ...base.plan, warnings: ['look here'] } });

    expect(warnings).toContain('look here');
    expect(warnings.filter((text) => /look there|x$/.test(text))).toEqual(['look there']);
  });

  test('of another manifest makes a new artifact', async () => {
    const before = await runBuilderHere(request());
    const after = await runBuilderHere(request({ manifestYaml: 'name: other\n' }));

    expect(after.result).toMatchObject({ reusedEnvironment: true, reusedArtifact: false });
    expect(after.result?.treeDigest).not.toBe(before.result?.treeDigest);
  });

  test.each([
    ['a listed file', {}, { 'requirements.txt': 'seven' }],
    ['a build variable', { buildEnv: { A: '1' } }, {}],
    ['a build secret', { secretBuildEnv: { A: 'secret' } }, {}],
  ])('makes a new environment for %s', async (_title, changes, files) => {
    await runBuilderHere(request());
    await repository.commit(files);
    const { result } = await runBuilderHere(request(changes));

    expect(result).toMatchObject({ reusedEnvironment: false, reusedArtifact: false });
  });

  test('makes a further generation of an expired environment, and leaves the first alone', async () => {
    const first = await runBuilderHere(request());
    const plan = request().plan;
    const expired = { ...plan, environment: { ...plan.environment, expiresAfterMs: 0 } };
    const second = await runBuilderHere(request({ plan: expired }));
    const third = await runBuilderHere(request());

    expect(basename(dirname(second.result!.environmentDir))).toMatch(/^[0-9a-f]{40}\.2$/);
    expect(second.result).toMatchObject({ reusedEnvironment: false, reusedArtifact: false });
    expect(third.result).toEqual({ ...second.result, reusedEnvironment: true, reusedArtifact: true });
    await expect(access(join(first.result!.environmentDir, 'requirements.txt'))).resolves.toBeUndefined();
  });

  test('ignores every cache when asked to, and leaves what is there alone', async () => {
    const first = await runBuilderHere(request({}, 'touch "${cache}/download";'));
    const script = 'test ! -e "${cache}/download";';
    const second = await runBuilderHere(request({ noCache: true, plan: request({}, script).plan }));
    const third = await runBuilderHere(request({ noCache: true }));

    expect(second.error).toBeUndefined();
    for (const { result } of [second, third]) {
      expect(result).toMatchObject({ reusedEnvironment: false, reusedArtifact: false });
    }
    expect(third.result?.environmentDir).not.toBe(first.result?.environmentDir);
    expect(await readFile(join(first.result!.sourceDir, 'built'), 'utf8')).toBe('six');
  });
});

test('two builds at once make one environment, the second waits for it', async () => {
  const slow = request({}, 'sleep 0.5;');
  const outcomes = await Promise.all([runBuilderProcess(slow), runBuilderProcess(slow)]);

  expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(new Set(outcomes.map(({ result }) => result?.reusedEnvironment))).toEqual(new Set([false, true]));
  expect(outcomes.map(({ log }) => log).join()).toContain(
    'waiting for another build of the same environment',
  );
  expect((await listRuns()).filter((run) => run === 'environment')).toHaveLength(1);
  expect(new Set(outcomes.map(({ result }) => result?.environmentDir)).size).toBe(1);
});

test('a failed step leaves nothing behind but the message, and the next build succeeds', async () => {
  const failed = await runBuilderHere(
    request({}, 'touch "${environment}/half"; echo no such thing >&2; exit 3;'),
  );

  expect(failed.exitCode).toBe(1);
  expect(failed.error).toMatchObject({
    code: 'BUILD_FAILED',
    message: 'Running a script: the command failed with exit code 3. Its last lines:\nno such thing',
  });
  expect(await readdir(join(root, 'builds', 'environments'))).toEqual([]);
  expect(await listLeftovers()).toEqual([]);
  expect((await runBuilderHere(request())).exitCode).toBe(0);
});

describe('after kill -9 of the builder', () => {
  test('the next build ends the orphaned step, removes what is half-built, and completes', async () => {
    const pidFile = join(root, 'pid');
    // The orphan goes on writing into the environment, in a session of its own.
    const orphan = `setsid sh -c 'echo $$ > ${pidFile}; while :; do echo x >> "$0"; sleep 0.01; done' "\${environment}/half"`;
    const killed = startBuilder(request({}, `echo begun; ${orphan} >/dev/null 2>&1;`));
    await killed.waitFor((event) => event.type === 'log' && event.text === 'begun');
    await expect.poll(async () => await readFile(pidFile, 'utf8').catch(() => '')).toMatch(/\d/);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const pid = Number(await readFile(pidFile, 'utf8'));
    expect(isAlive(pid)).toBe(true);

    const next = await runBuilderProcess(request({ plan: request({}, '').plan }));

    expect(next.exitCode).toBe(0);
    expect(await readdir(next.result!.environmentDir)).toEqual(['requirements.txt']);
    expect(isAlive(pid)).toBe(false);
    expect(await readdir(join(root, 'builds', 'environments'))).toHaveLength(1);
    expect(await listLeftovers()).toEqual([]);
  });

  test('a build of the same environment that waited takes over', async () => {
    const script = `test -e ${root}/second || { echo begun; sleep 30; };`;
    const first = startBuilder(request({}, script));
    await first.waitFor((event) => event.type === 'log' && event.text === 'begun');
    const second = startBuilder(request({}, script));
    await second.waitFor((event) => event.type === 'log' && event.text.startsWith('waiting for'));
    await writeFile(join(root, 'second'), '');
    first.child.kill('SIGKILL');

    expect((await second.ended).result).toMatchObject({ reusedEnvironment: false });
  });

  test('at any moment, what is found later is complete', async () => {
    for (const delayMs of [120, 180, 240, 300, 400]) {
      const killed = startBuilder(request());
      await new Promise((resolve) => {
        setTimeout(resolve, delayMs);
      });
      killed.child.kill('SIGKILL');
      await killed.ended;
    }
    const { result } = await runBuilderHere(request());

    expect(await readFile(join(result!.sourceDir, 'built'), 'utf8')).toBe('six');
    expect((await readdir(result!.sourceDir)).sort()).toEqual([
      'built',
      'job.yaml',
      'requirements.txt',
      'text',
    ]);
  });
});
