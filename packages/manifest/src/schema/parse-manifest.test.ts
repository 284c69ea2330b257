import { PlatformError } from '@racetrack-platform/errors';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readManifestYaml } from '../yaml/read-manifest-yaml.ts';
import { getJobType, getJobTypeExtra } from './job-type-of.ts';
import type { Manifest } from './manifest-schema.ts';
import { parseManifest } from './parse-manifest.ts';
import type { ParsedManifest } from './validate-manifest.ts';

const MINIMAL = {
  name: 'adder',
  owner_email: 'me@example.com',
  jobtype: 'python3:latest',
  git: { remote: 'https://github.com/acme/job' },
};

function parse(fields: Record<string, unknown>): ParsedManifest {
  return parseManifest({ ...MINIMAL, ...fields }, { source: 'job.yaml' });
}

function parseText(text: string): ParsedManifest {
  const { data, locate, textOf } = readManifestYaml(text, { source: 'job.yaml' });
  return parseManifest(data, { source: 'job.yaml', locate, textOf });
}

function explain(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (PlatformError.is(thrown) && thrown.code === 'MANIFEST_INVALID') return thrown.message;
    throw thrown;
  }
  return 'no error';
}

describe('parseManifest', () => {
  test('fills in every field', () => {
    expect(parse({}).manifest).toEqual({
      name: 'adder',
      owner_email: 'me@example.com',
      git: { remote: 'https://github.com/acme/job', branch: null, directory: '.' },
      version: '0.0.1',
      jobtype: 'python3:latest',
      lang: null,
      extends: null,
      image_type: 'docker',
      infrastructure_target: null,
      system_dependencies: null,
      build_env: null,
      runtime_env: null,
      secret_build_env_file: null,
      secret_runtime_env_file: null,
      labels: null,
      public_endpoints: null,
      replicas: 1,
      resources: null,
      jobtype_extra: null,
      python: null,
      golang: null,
      wrapper_properties: null,
      docker: null,
    } satisfies Manifest);
    expect(parse({}).warnings).toEqual([]);
  });

  test('takes its own result again', () => {
    const { manifest } = parse({ resources: { cpu_max: 1, memory_max: '1Gi' }, replicas: 3 });

    expect(parseManifest(manifest, { source: 's' }).manifest).toEqual(manifest);
  });

  test.each([
    ['name', ['adder', 'Adder', 'a', '0day', 'my_fantabulous_skynet_AI', 'a'.repeat(63), 'a-']],
    ['owner_email', ['a@b', 'Jane Doe <jane@example.com>']],
    ['version', ['0.0.1', '1.2.3-rc.1+build.5']],
    ['jobtype', ['python3:latest', 'mllab:1.3.*-3.9-bullseye', 'docker-http:1.0.0']],
    ['infrastructure_target', ['process', null]],
    ['system_dependencies', [null, [], ['libgomp1', 'g++', 'libc6:amd64', 'curl=7.88.1-10+deb12u5']]],
    ['runtime_env', [null, {}, { A: '', b_1: 'two\nlines', _X: '$(rm)' }]],
    ['labels', [null, { a: 1, b: [true], c: null }]],
    ['public_endpoints', [null, ['/api/v1/perform', 'docs', '/']]],
    ['replicas', [1, 2, 50, '3']],
    ['resources', [null, {}, { memory_min: '1Mi', memory_max: '1048.576k', cpu_min: 0, cpu_max: 0.5 }]],
    ['jobtype_extra', [null, { entrypoint_path: 'a.py', n: { m: 1 } }]],
    ['extends', [null, 'base.yaml']],
    ['image_type', ['docker']],
    ['origin_yaml_', ['name: x']],
  ])('takes for %s any of %j', (field, values) => {
    for (const value of values) expect(explain(() => parse({ [field]: value }))).toBe('no error');
  });

  test.each([
    ['name', undefined, 'name: is missing; write one such as adder'],
    ['name', null, 'name: has no value; write one such as adder'],
    ['name', '', 'name: "" is not a name'],
    [
      'name',
      'my job!',
      'name: "my job!" is not a name of at most 63 letters, digits, "-" and "_" that starts with a letter or digit; write one such as my-job',
    ],
    ['name', '-x', 'name: "-x" is not a name'],
    ['name', 'a'.repeat(64), 'is not a name'],
    ['name', 'a\nb', 'name: "a\\nb" is not a name'],
    ['name', 5, 'name: 5 without quotes is a number, not a name'],
    [
      'owner_email',
      'moron',
      'owner_email: "moron" is not an e-mail address; write one such as me@example.com',
    ],
    ['git', undefined, 'git: is missing; write "git:"'],
    ['git', 'https://github.com/a/b', 'git: "https://github.com/a/b" is not a mapping; write "git:"'],
    [
      'version',
      '1.2',
      'version: "1.2" is not a version of the form X.Y.Z, X.Y.Z-label or X.Y.Z+build; write 1.2.0',
    ],
    ['version', '01.2.3', 'write 1.2.3'],
    ['version', '1.2.3rc1', 'write 1.2.3-rc1'],
    ['version', null, 'version: has no value'],
    [
      'jobtype',
      'python3',
      'jobtype: "python3" is not a job type and its version, joined by one colon; write python3:latest',
    ],
    ['jobtype', 'a:b:c', 'write a:b'],
    ['jobtype', null, 'jobtype: is missing; write a job type and its version, such as python3:latest'],
    ['lang', 'golang:latest', 'lang: says the same as jobtype; keep jobtype and remove this line'],
    ['image_type', 'podman', 'image_type: "podman" is not a kind of image that exists; write docker'],
    ['infrastructure_target', '', 'infrastructure_target: "" is not the name of a target'],
    ['system_dependencies', 'git', 'system_dependencies: "git" is not a list of packages'],
    ['system_dependencies', ['git', '-o=x'], 'system_dependencies[1]: "-o=x" is not the name of a package'],
    ['system_dependencies', ['git; rm -rf /'], 'is not the name of a package; write one package an item'],
    ['system_dependencies', [5], 'system_dependencies[0]: 5 without quotes is a number'],
    [
      'runtime_env',
      { A: 1 },
      'runtime_env.A: is a number, not a text; write a text in quotes, such as "8080" or "true"',
    ],
    ['runtime_env', { A: true }, 'runtime_env.A: is a boolean, not a text'],
    ['runtime_env', { A: null }, 'runtime_env.A: has no value'],
    ['runtime_env', { A: {} }, 'runtime_env.A: is a mapping, not a text'],
    ['runtime_env', { A: 'a\0' }, 'runtime_env.A: holds a NUL character'],
    ['runtime_env', { 'a-b': 'x' }, 'runtime_env.a-b: "a-b" is not a name of a variable'],
    [
      'runtime_env',
      { PUB_URL: 'x' },
      'runtime_env.PUB_URL: PUB_URL is set by the platform itself; choose another name',
    ],
    ['runtime_env', ['A=1'], 'runtime_env: a list is not a mapping of variables'],
    ['build_env', { '1A': 'x' }, 'build_env.1A: "1A" is not a name of a variable'],
    ['secret_runtime_env_file', '', 'secret_runtime_env_file: "" is not the path of a file'],
    ['labels', [], 'labels: a list is not a mapping'],
    ['public_endpoints', ['/a?b'], 'public_endpoints[0]: "/a?b" is not a path below the job'],
    ['replicas', 0, 'replicas: 0 is not a whole number from 1 to 50; write one such as 2'],
    ['replicas', -1, 'replicas: -1 is not a whole number'],
    ['replicas', 51, 'replicas: 51 is not a whole number from 1 to 50'],
    ['replicas', 2.5, 'replicas: 2.5 is not a whole number'],
    ['replicas', true, 'replicas: true is not a whole number'],
    [
      'resources',
      { memory: '1Gi' },
      'resources.memory: is no field of resources; did you mean resources.memory_max?',
    ],
    [
      'resources',
      { memory_max: '1K' },
      'resources.memory_max: "1K" is not a quantity; write a number with one of k M G Ki Mi Gi, such as 512Mi',
    ],
    ['resources', { memory_max: -1 }, 'resources.memory_max: -1 is not a quantity'],
    [
      'resources',
      { memory_min: '2Gi', memory_max: '1.5G' },
      'resources.memory_min: 2Gi is more than memory_max, which is 1.5G',
    ],
    ['resources', { cpu_min: 1, cpu_max: '999m' }, 'resources.cpu_min: 1 is more than cpu_max'],
    ['jobtype_extra', 'x', 'jobtype_extra: "x" is not a mapping'],
    ['nmae', 'x', 'nmae: is no field of a manifest; did you mean name?'],
    ['runtime_evn', {}, 'did you mean runtime_env?'],
    ['memory_max', '1Gi', 'memory_max: is no field of a manifest; did you mean resources.memory_max?'],
    ['requirements_path', 'r.txt', 'did you mean jobtype_extra.requirements_path?'],
    ['constructor', 'x', 'constructor: is no field of a manifest; known are name, owner_email'],
    ['docker', { dockerfile_path: 5 }, 'docker.dockerfile_path: 5 without quotes is a number'],
  ])('refuses %s %j', (field, value, message) => {
    expect(explain(() => parse({ [field]: value }))).toContain(message);
  });

  test.each([
    'https://github.com/a/b',
    'https://github.com/a/b.git',
    'https://host:8443/x?y=z',
    'file:///srv/git/a.git',
    '/srv/git/a.git',
  ])('takes the remote %s', (remote) => {
    expect(parse({ git: { remote } }).manifest.git.remote).toBe(remote);
  });

  test.each([
    ['git@github.com:a/b.git', 'write https://github.com/a/b.git (SSH keys are not used here)'],
    ['ssh://git@github.com:22/a/b', 'write https://github.com/a/b'],
    ['http://github.com/a/b', 'write https://github.com/a/b (http is not encrypted)'],
    ['github.com/a/b', 'write https://github.com/a/b'],
    ['../repo', 'write an absolute path'],
    ['--upload-pack=x', 'write one that starts with https://'],
    ['https://', 'is not an address of a repository'],
    ['https:///a/b c', 'is not an address of a repository'],
    ['https://exa\nmple.com', 'is not an address of a repository'],
    ['file://host/a', 'is not an address of a repository'],
    ['ext::sh -c x', 'is not an address of a repository'],
  ])('refuses the remote %j', (remote, message) => {
    expect(explain(() => parse({ git: { remote } }))).toContain(message);
  });

  test.each(['.', './a', 'a/b', 'a/../b', 'a b', '..a'])('takes the directory %j', (directory) => {
    expect(parse({ git: { ...MINIMAL.git, directory } }).manifest.git.directory).toBe(directory);
  });

  test.each(['/a', '..', 'a/../..', './../a', 'C:/a', 'a\\b', 'a\nb', ''])(
    'refuses the directory %j',
    (directory) => {
      expect(explain(() => parse({ git: { ...MINIMAL.git, directory } }))).toContain(
        'is not a directory inside',
      );
    },
  );

  test.each(['main', 'feature/x-1', 'v1.0', '0123456789012345678901234567890123456789'])(
    'takes the branch %s',
    (branch) => {
      expect(parse({ git: { ...MINIMAL.git, branch } }).manifest.git.branch).toBe(branch);
    },
  );

  test.each(['-x', '--upload-pack=x', 'a b', 'a..b', 'a~1', 'a:b', 'a@{1}', ''])(
    'refuses the branch %j',
    (branch) => {
      expect(explain(() => parse({ git: { ...MINIMAL.git, branch } }))).toContain(
        'is not the name of a branch',
      );
    },
  );

  test.each([
    [{ lang: 'golang:latest', jobtype: null }, ['job.yaml: lang: is the old name of jobtype; rename it']],
    [{ golang: {} }, ['job.yaml: golang: is the old name of jobtype_extra; rename it']],
    [{ docker: {} }, ['job.yaml: docker: is no longer used; move its settings to jobtype_extra']],
    [{ name: 'a_b' }, [expect.stringContaining('name: a_b has underscores')]],
    [{ name: 'async' }, [expect.stringContaining('name: async is also a route')]],
    [{ replicas: '3' }, ['job.yaml: replicas: write 3 without quotes']],
    [{ git: { remote: 'https://u:secret@host/a' } }, [expect.not.stringContaining('secret@')]],
    [{ resources: { memory_max: '512m' } }, [expect.stringContaining('for mebibytes write 512Mi')]],
    [{ resources: { cpu_max: '500' } }, [expect.stringContaining('write 500m')]],
  ])('warns about %j', (fields, warnings) => {
    expect(parse(fields).warnings).toEqual(warnings);
  });

  test('refuses more than one field for settings of the job type', () => {
    expect(explain(() => parse({ python: {}, jobtype_extra: {}, golang: null }))).toBe(
      'job.yaml: python: says the same as jobtype_extra; keep one of them, best jobtype_extra, and move all settings there',
    );
  });

  test('lists every problem at once, with lines, in the order of the file', () => {
    const text = [
      'nmae: x',
      'owner_email: me',
      'git:',
      '  remote: http://host/a',
      'version: 1.10',
      'jobtype: python3',
      'runtime_env:',
      '  AT: 22:22',
    ].join('\n');

    expect(explain(() => parseText(text)).split('\n')).toEqual([
      'job.yaml: name: is missing; write one such as adder',
      'job.yaml:1: nmae: is no field of a manifest; did you mean name?',
      'job.yaml:2: owner_email: "me" is not an e-mail address; write one such as me@example.com',
      'job.yaml:4: git.remote: "http://host/a" is not an address of a repository that can be fetched; write https://host/a (http is not encrypted)',
      'job.yaml:5: version: 1.10 without quotes is a number, not a version of the form X.Y.Z, X.Y.Z-label or X.Y.Z+build; write "1.10.0"',
      'job.yaml:6: jobtype: "python3" is not a job type and its version, joined by one colon; write python3:latest',
      'job.yaml:8: runtime_env.AT: is a number, not a text; write a text in quotes, such as "8080" or "true"',
    ]);
  });

  test('never repeats the value of a variable', () => {
    expect(explain(() => parse({ runtime_env: { PIN: 483_291, 'P-1': 'hunter2' } }))).not.toMatch(
      /483291|hunter2/,
    );
  });

  test.each([null, undefined, 5, 'text', []])('refuses %j as a whole', (data) => {
    expect(explain(() => parseManifest(data, { source: 'the request' }))).toContain(
      'the request: is not a mapping',
    );
  });

  test('throws nothing but MANIFEST_INVALID, whatever it is given', () => {
    const fields = fc.dictionary(
      fc.constantFrom(...Object.keys(parse({}).manifest), '__proto__', 'x'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fields, fc.jsonValue(), (data, git) => {
        expect(typeof explain(() => parse({ ...data, git }))).toBe('string');
        expect(typeof explain(() => parse(data))).toBe('string');
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['name', '-'.repeat(500_000)],
    ['owner_email', 'a'.repeat(500_000)],
    ['version', `1.0.0-${'1'.repeat(500_000)}!`],
    ['jobtype', ':'.repeat(500_000)],
    ['infrastructure_target', 'a'.repeat(500_000)],
  ])('refuses a very long %s quickly and briefly', (field, value) => {
    const startedAt = performance.now();

    const message = explain(() => parse({ [field]: value }));

    expect(message.length).toBeLessThan(500);
    expect(message).not.toBe('no error');
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});

describe('getJobType and getJobTypeExtra', () => {
  test('read the old names too', () => {
    const { manifest } = parse({
      jobtype: null,
      lang: 'hugo:1.0.0',
      wrapper_properties: { site_title: 'Hub' },
    });

    expect(getJobType(manifest)).toBe('hugo:1.0.0');
    expect(getJobTypeExtra(manifest)).toEqual({ site_title: 'Hub' });
  });

  test('answer an empty mapping when nothing is set, and pass over docker', () => {
    expect(getJobTypeExtra(parse({ docker: { dockerfile_path: 'a' } }).manifest)).toEqual({});
  });
});
