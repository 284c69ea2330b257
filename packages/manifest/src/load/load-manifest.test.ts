import { PlatformError } from '@racetrack-platform/errors';
import { describe, expect, test } from 'vitest';
import { dumpManifestYaml } from '../yaml/dump-manifest-yaml.ts';
import { loadManifest, type LoadManifestOptions } from './load-manifest.ts';
import { joinPath, type ManifestFiles } from './locate-manifest.ts';

const BASE = `name: base-job
owner_email: a@b.c
jobtype: python3:latest
git: {remote: "https://github.com/a/b", directory: jobs/x}
runtime_env: {A: "1", B: "2"}
system_dependencies: [libgomp1, curl]
resources: {cpu_min: 10m, cpu_max: 1000m}
labels: {team: x}
`;
const OVERLAY = `extends: base.yaml
name: dev-job
runtime_env: {B: "3", C: "4"}
system_dependencies: [git]
resources: {memory_min: 500M}
labels: null
`;

/** Files by path; their directories exist. */
function buildFiles(files: Record<string, string>): ManifestFiles {
  const directories = new Set([
    '.',
    '..',
    'empty',
    ...Object.keys(files).map((path) => path.replace(/\/?[^/]*$/, '')),
  ]);
  return {
    readText: async (path) => files[path],
    isDirectory: async (path) => directories.has(path),
  };
}

async function load(files: Record<string, string>, path: string, options?: LoadManifestOptions) {
  return await loadManifest(buildFiles(files), path, options);
}

async function explain(
  files: Record<string, string>,
  path: string,
  options?: LoadManifestOptions,
): Promise<string> {
  try {
    await load(files, path, options);
  } catch (thrown) {
    if (PlatformError.is(thrown)) return `${thrown.code} ${thrown.message}`;
    throw thrown;
  }
  return 'no error';
}

describe('loadManifest', () => {
  test('lays a manifest over its base', async () => {
    const { manifest, submitted, path, warnings } = await load(
      { 'job.yaml': OVERLAY, 'base.yaml': BASE },
      '.',
    );

    expect(dumpManifestYaml(manifest, { sortKeys: true })).toBe(`git:
  directory: jobs/x
  remote: https://github.com/a/b
image_type: docker
jobtype: python3:latest
name: dev-job
owner_email: a@b.c
replicas: 1
resources:
  cpu_max: 1000m
  cpu_min: 10m
  memory_min: 500M
runtime_env:
  A: '1'
  B: '3'
  C: '4'
system_dependencies:
- git
version: 0.0.1
`);
    expect(Object.keys(submitted)).toEqual([
      'name',
      'owner_email',
      'jobtype',
      'git',
      'runtime_env',
      'system_dependencies',
      'resources',
      'labels',
    ]);
    expect([path, warnings]).toEqual(['job.yaml', []]);
  });

  test('follows a relative path upwards, from the directory of the manifest', async () => {
    const files = { 'jobs/a/job.yaml': 'extends: ../../shared/base.yaml\nname: a', 'shared/base.yaml': BASE };

    expect((await load(files, 'jobs/a')).manifest.name).toBe('a');
    expect((await load(files, 'jobs/a/job.yaml')).path).toBe('jobs/a/job.yaml');
  });

  test('takes fatman.yaml where there is no job.yaml, and warns', async () => {
    const { path, warnings } = await load({ 'x/fatman.yaml': BASE }, 'x');

    expect(path).toBe('x/fatman.yaml');
    expect(warnings).toEqual(['x/fatman.yaml: is the old name of the manifest; rename the file to job.yaml']);
  });

  test('takes a file of any name', async () => {
    expect((await load({ 'x/other.yml': BASE }, 'x/other.yml')).manifest.name).toBe('base-job');
  });

  test.each([
    [{}, 'empty', 'MANIFEST_NOT_FOUND there is no manifest empty/job.yaml'],
    [{}, 'gone.yaml', 'MANIFEST_NOT_FOUND there is no manifest gone.yaml'],
    [{ 'job.yaml': 'extends: none.yaml' }, '.', 'job.yaml:1: extends: there is no file "none.yaml"'],
    [
      { 'job.yaml': '\nextends: /etc/passwd' },
      '.',
      'job.yaml:2: extends: "/etc/passwd" is not a relative path',
    ],
    [{ 'job.yaml': 'extends: ~/base.yaml' }, '.', 'is not a relative path; write one with "/"'],
    [{ 'job.yaml': 'extends: file:///base.yaml' }, '.', 'is not a relative path'],
    [{ 'job.yaml': 'extends: c:base.yaml' }, '.', 'is not a relative path'],
    [{ 'job.yaml': 'extends: ..\\base.yaml' }, '.', 'is not a relative path'],
    [{ 'job.yaml': 'extends: "a\\0b"' }, '.', 'is not a relative path'],
    [{ 'job.yaml': 'extends: 5' }, '.', 'extends: this is not a relative path'],
    [{ 'job.yaml': 'extends: job.yaml' }, '.', 'a base manifest cannot have a base of its own'],
    [
      { 'job.yaml': 'extends: b.yaml', 'b.yaml': 'extends: c.yaml' },
      '.',
      'b.yaml:1: extends: a base manifest',
    ],
    [{ 'job.yaml': 'extends: b.yaml', 'b.yaml': '- x' }, '.', 'b.yaml: holds a list'],
    [{ 'job.yaml': `${BASE}name: twice` }, '.', 'no error'],
  ])('answers for %j in %s: %s', async (files: Record<string, string>, path, message) => {
    expect(await explain(files, path)).toContain(message);
  });

  test('names the file in which a mistake was made', async () => {
    const files = {
      'job.yaml': 'extends: base.yaml\nversion: 1.2',
      'base.yaml': `replicas: 99\n${BASE}lang: a:b\n`,
    };

    expect((await explain(files, '.')).split('\n').map((line) => line.split(': ').slice(0, 2))).toEqual([
      ['MANIFEST_INVALID base.yaml:1', 'replicas'],
      ['base.yaml:10', 'lang'],
      ['job.yaml:2', 'version'],
    ]);
  });

  test('refuses doubled keys when strict', async () => {
    expect(await explain({ 'job.yaml': `${BASE}name: twice` }, '.', { strict: true })).toContain(
      'is written twice',
    );
  });

  test.each([
    ['replicas=7', { replicas: 7 }],
    ['labels=null', { labels: null }],
    ['labels={"a": 1}', { labels: { a: 1 } }],
    ['labels.a.b=1', { labels: { team: 'x', a: { b: 1 } } }],
    ['runtime_env.D="5"', { runtime_env: { A: '1', B: '2', D: '5' } }],
    ['runtime_env.D=5', { runtime_env: { A: '1', B: '2', D: '5' } }],
    ['runtime_env.D=', { runtime_env: { A: '1', B: '2', D: '' } }],
    ['runtime_env.D=a=b', { runtime_env: { A: '1', B: '2', D: 'a=b' } }],
    ['runtime_env.D=on', { runtime_env: { A: '1', B: '2', D: 'on' } }],
    ['jobtype_extra.entrypoint_path=a.py', { jobtype_extra: { entrypoint_path: 'a.py' } }],
    ['jobtype_extra.python_version=3.10', { jobtype_extra: { python_version: 3.1 } }],
    ['system_dependencies.1=git', { system_dependencies: ['libgomp1', 'git'] }],
    ['system_dependencies.2=git', { system_dependencies: ['libgomp1', 'curl', 'git'] }],
    ['resources.cpu_max=2', { resources: { cpu_max: '2' } }],
    ['version=1.2.0', { version: '1.2.0' }],
    ['git.branch=2024', { git: { branch: '2024' } }],
  ])('applies the extra var %s', async (extraVar, expected) => {
    const { manifest } = await load({ 'job.yaml': BASE }, '.', { extraVars: [extraVar] });

    expect(manifest).toMatchObject(expected);
  });

  test('applies extra vars after the base, the last one of a key last', async () => {
    const files = { 'job.yaml': OVERLAY, 'base.yaml': BASE };

    const { manifest } = await load(files, '.', { extraVars: ['name=one', 'name=two', 'runtime_env.B=9'] });

    expect(manifest).toMatchObject({ name: 'two', runtime_env: { A: '1', B: '9', C: '4' } });
  });

  test.each([
    ['novalue', 'USAGE extra var "novalue" has no "="'],
    ['=x', 'USAGE extra var "" is not a dotted key'],
    ['a..b=x', 'USAGE extra var "a..b" is not a dotted key'],
    ['__proto__.x=1', 'USAGE extra var "__proto__.x" is not a dotted key'],
    ['name.first=x', 'USAGE extra var "name.first" goes into name, which is a single value'],
    ['system_dependencies.5=x', 'USAGE extra var "system_dependencies.5" names the item "5" of a list of 2'],
    ['system_dependencies.x=x', 'names the item "x" of a list of 2'],
    ['extends=x.yaml', 'USAGE extra var "extends" cannot be set'],
    ['labels={', 'MANIFEST_INVALID extra var labels:1: not valid YAML'],
    ['version=1.2', 'MANIFEST_INVALID extra var version: version: "1.2" is not a version'],
    [
      'git.branch.x=1',
      'MANIFEST_INVALID extra var git.branch.x: git.branch: a mapping is not the name of a branch',
    ],
    ['colour=red', 'MANIFEST_INVALID extra var colour: colour: is no field of a manifest'],
  ])('refuses the extra var %s', async (extraVar, message) => {
    expect(await explain({ 'job.yaml': BASE }, '.', { extraVars: [extraVar] })).toContain(message);
  });
});

describe('joinPath', () => {
  test.each([
    ['.', 'job.yaml', 'job.yaml'],
    ['', 'job.yaml', 'job.yaml'],
    ['/', 'job.yaml', '/job.yaml'],
    ['/a/b/', 'job.yaml', '/a/b/job.yaml'],
    ['a/b', '../base.yaml', 'a/base.yaml'],
    ['.', '../base.yaml', '../base.yaml'],
    ['..', '../base.yaml', '../../base.yaml'],
    ['a', './x//y', 'a/x/y'],
  ])('joins %j and %j to %j', (directory, relative, path) => {
    expect(joinPath(directory, relative)).toBe(path);
  });
});
