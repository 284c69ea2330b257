import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MANIFEST, planOf, requestOf, runBuilderHere, shell } from '../testing/builder-process.ts';
import { createRepository, type TestRepository } from '../testing/git-repository.ts';

let root: string;
let repository: TestRepository;
let commits: { first: string; main: string; side: string };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-builder-git-'));
  repository = await createRepository(join(root, 'adder'), { 'job.yaml': MANIFEST, text: 'first' });
  const first = await repository.git('rev-parse', 'HEAD');
  await repository.git('tag', '-a', 'v1', '-m', 'annotated');
  const main = await repository.commit({
    text: 'main',
    'jobs/a/file': 'a',
    'jobs/b/file': 'b',
    'run.sh': '#!/bin/sh\n',
    'escape/link': `-> ${join(root, 'outside')}`,
    up: '-> ..',
    alias: '-> jobs/a',
  });
  await repository.git('checkout', '-q', '-b', 'feature/x', first);
  const side = await repository.commit({ text: 'side' });
  await repository.git('checkout', '-q', 'main');
  commits = { first, main, side };
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function build(git: Parameters<typeof requestOf>[2] = {}, remote = repository.dir) {
  return await runBuilderHere(requestOf(join(root, 'builds'), remote, git));
}

describe('a git source', () => {
  test.each([
    ['the default branch', null, 'main', () => commits.main],
    ['a branch with a slash', 'feature/x', 'side', () => commits.side],
    ['an annotated tag', 'v1', 'first', () => commits.first],
    ['a full ref name', 'refs/heads/main', 'main', () => commits.main],
  ])('comes from %s', async (_title, ref, text, expected) => {
    const { result, error } = await build({ git: { ref } });

    expect(error).toBeUndefined();
    expect(result).toMatchObject({ commit: expected(), gitVersion: expected().slice(0, 7) });
    expect(await readFile(join(result!.sourceDir, 'text'), 'utf8')).toBe(text);
    expect(await readdir(result!.sourceDir)).not.toContain('.git');
  });

  test('comes from a whole commit id, and from the beginning of one that a branch points to', async () => {
    const whole = await build({ git: { ref: commits.first.toUpperCase() } });
    const short = await build({ git: { ref: commits.side.slice(0, 8) } });

    expect(whole.result?.commit).toBe(commits.first);
    expect(short.result?.commit).toBe(commits.side);
  });

  test('comes from the recorded commit, whatever the ref says', async () => {
    const { result } = await build({ git: { ref: 'gone', commit: commits.first } });

    expect(result?.commit).toBe(commits.first);
  });

  test('is the sub-directory alone, with the submitted manifest and executable files', async () => {
    const { result } = await build({ git: { directory: 'jobs/a/' } });
    const whole = await build();

    expect((await readdir(result!.sourceDir)).sort()).toEqual(['file', 'job.yaml']);
    expect(await readFile(join(result!.sourceDir, 'job.yaml'), 'utf8')).toBe(MANIFEST);
    const run = await runBuilderHere(
      requestOf(join(root, 'builds'), repository.dir, {
        plan: planOf({ steps: [{ title: 'x', command: ['./run.sh'] }] }),
      }),
    );
    expect(run.error).toBeUndefined();
    expect(result?.treeDigest).not.toBe(whole.result?.treeDigest);
  });

  test('comes from a file URL, and from a shallow clone', async () => {
    const clone = join(root, 'shallow clone');
    await repository.git('clone', '-q', '--depth=1', `file://${repository.dir}`, clone);

    const fromUrl = await build({}, `file://${repository.dir}`);
    const fromShallow = await build({}, `file://${clone.replace(' ', '%20')}`);

    expect(fromUrl.result?.commit).toBe(commits.main);
    expect(fromShallow.error).toBeUndefined();
    expect(fromShallow.result?.commit).toBe(commits.main);
  });

  test('ignores the configuration of a repository around the builds directory', async () => {
    const outer = await createRepository(join(root, 'outer'), { a: '1' });
    await outer.git('config', `url./nowhere.insteadOf`, repository.dir);
    const { result, error } = await runBuilderHere(requestOf(join(outer.dir, 'builds'), repository.dir));

    expect(error).toBeUndefined();
    expect(result?.commit).toBe(commits.main);
  });

  test('runs neither hooks nor filters nor programs that the repository asks for', async () => {
    const hostile = await createRepository(join(root, 'hostile'), {
      '.gitattributes': '* filter=evil\n*.bin filter=lfs\n',
      '.gitmodules': '[submodule "x"]\n  path = x\n  url = --upload-pack=touch pwned\n',
      file: 'content',
    });
    await writeFile(join(hostile.dir, '.git', 'hooks', 'post-checkout'), '#!/bin/sh\ntouch pwned\n', {
      mode: 0o755,
    });
    const { result, warnings } = await build({}, hostile.dir);

    expect(await readdir(result!.sourceDir)).not.toContain('pwned');
    expect(warnings.join('\n')).toMatch(/submodules.*\n.*Git LFS/);
  });
});

describe('a git source is refused', () => {
  test.each([
    ['--upload-pack=touch /tmp/pwned', 'MANIFEST_INVALID', 'is not a branch'],
    ['-b', 'MANIFEST_INVALID', 'is not a branch'],
    ['main:refs/heads/x', 'MANIFEST_INVALID', 'is not a branch'],
    ['../main', 'MANIFEST_INVALID', 'is not a branch'],
    ['a b', 'MANIFEST_INVALID', 'is not a branch'],
    ['nowhere', 'SOURCE_UNAVAILABLE', 'has no branch or tag "nowhere"; its branches are feature/x, main'],
  ])('for the ref %j', async (ref, code, message) => {
    const { exitCode, error } = await build({ git: { ref } });

    expect(exitCode).toBe(1);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('for a shortened commit id that nothing points to, asking for all digits', async () => {
    const first = commits.first.startsWith('f') ? 'e' : 'f';
    const { error } = await build({ git: { ref: commits.first.slice(0, 10).replace(/^./, first) } });

    expect(error).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      hint: expect.stringContaining('all 40 digits'),
    });
  });

  test('for a commit that the remote does not have', async () => {
    const { error } = await build({ git: { commit: 'f'.repeat(40) } });

    expect(error).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('does not have the commit'),
    });
  });

  test.each([
    ['nowhere', 'SOURCE_UNAVAILABLE', 'the directories in the repository are escape, jobs'],
    ['jobs/c/d', 'SOURCE_UNAVAILABLE', 'the directories in "jobs" are a, b'],
    ['text', 'SOURCE_UNAVAILABLE', 'is a file'],
    ['../other', 'MANIFEST_INVALID', 'leads out of the repository'],
    ['/etc', 'MANIFEST_INVALID', 'leads out of the repository'],
    ['up', 'MANIFEST_INVALID', 'leads out of the repository'],
    ['up/../../..', 'MANIFEST_INVALID', 'leads out of the repository'],
  ])('for the directory %j', async (directory, code, message) => {
    const { error } = await build({ git: { directory } });

    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('but not for a directory that is a link inside the repository', async () => {
    const { result } = await build({ git: { directory: 'alias' } });

    expect(await readdir(result!.sourceDir)).toContain('file');
  });

  test.each([
    ['a missing repository', () => join(root, 'absent'), {}, 'SOURCE_UNAVAILABLE', 'not a git repository'],
    [
      'a local one without leave',
      () => repository.dir,
      { allowLocalGit: false },
      'SOURCE_REFUSED',
      'local repositories',
    ],
    ['ssh', () => 'git@github.com:a/b.git', {}, 'SOURCE_REFUSED', 'not an https URL'],
    ['plain http', () => 'http://127.0.0.1:1/a', {}, 'SOURCE_REFUSED', 'not an https URL'],
    ['a program', () => 'ext::sh -c "touch pwned"', {}, 'SOURCE_REFUSED', 'not an https URL'],
    ['an option', () => '--upload-pack=touch', {}, 'SOURCE_REFUSED', 'not an https URL'],
    ['a closed port', () => 'https://127.0.0.1:1/a/b', {}, 'SOURCE_UNAVAILABLE', 'host unreachable'],
  ])('for %s', async (_title, remote, changes, code, message) => {
    const { error } = await build(changes, remote());

    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(error?.hint).toBeTruthy();
  });

  test('when a file that counts is a link out of the source', async () => {
    await writeFile(join(root, 'outside'), 'private');
    const plan = planOf({ environment: { files: ['escape/link'] } });
    const { error } = await build({ plan });

    expect(error).toMatchObject({ code: 'MANIFEST_INVALID', message: expect.stringContaining('leads out') });
  });

  test('when a required file is missing, naming its field', async () => {
    const requiredFiles = [{ path: 'nope.py', field: 'jobtype_extra.entrypoint_path' }];
    const { error } = await build({ plan: planOf({ requiredFiles }) });

    expect(error?.message).toBe('jobtype_extra.entrypoint_path: the source has no file "nope.py"');
  });
});

describe('the submitted manifest', () => {
  test('brings no warning when the repository has the same one', async () => {
    expect((await build()).warnings).toEqual([]);
  });

  test('brings a warning that names the fields in which it differs, again on a warm build', async () => {
    const manifestYaml = `${MANIFEST}replicas: 2\nruntime_env:\n  KEY: confidential\n`;
    const [cold, warm] = [await build({ manifestYaml }), await build({ manifestYaml })];

    expect(cold.warnings.join()).toContain('replicas (1 in the repository, 2 submitted); runtime_env');
    expect(cold.warnings.join()).not.toContain('confidential');
    expect(warm.warnings).toEqual(cold.warnings);
  });

  test('is compared with the repository manifest merged over its base', async () => {
    const based = await createRepository(join(root, 'based'), {
      'base.yaml': MANIFEST,
      'jobs/a/job.yaml': 'extends: ../../base.yaml\nreplicas: 3\n',
    });
    const manifestYaml = `${MANIFEST}replicas: 3\n`;
    const { warnings } = await build({ git: { directory: 'jobs/a' }, manifestYaml }, based.dir);

    expect(warnings).toEqual([]);
  });

  test('replaces a manifest that is a link, not what the link points to', async () => {
    const target = join(root, 'victim');
    await writeFile(target, 'untouched');
    const linked = await createRepository(join(root, 'linked'), { a: '1' });
    await symlink(target, join(linked.dir, 'job.yaml'));
    await linked.commit({});
    const { result, warnings } = await build(
      { plan: planOf({ steps: [shell('cat job.yaml')] }) },
      linked.dir,
    );

    expect(await readFile(join(result!.sourceDir, 'job.yaml'), 'utf8')).toBe(MANIFEST);
    expect(await readFile(target, 'utf8')).toBe('untouched');
    expect(warnings.join()).toContain('leads out');
  });
});
