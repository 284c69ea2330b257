import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { attemptDeployment, packFiles, type Attempt } from './support/attempts.ts';
import { expectNothingLeft, listBelongings, type Belongings } from './support/nothing-left.ts';
import { Platform } from './support/platform.ts';

const SOUND = 'class Adder:\n    def perform(self, x, y):\n        return x + y\n';

let platform: Platform;
let token: string;
let before: Belongings;

beforeAll(async () => {
  platform = await Platform.start([], {
    RACETRACK_READY_TIMEOUT: '4',
    RACETRACK_MAX_DEPLOYMENTS: '7',
  });
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

let count = 0;

interface Changes {
  readonly extra?: Record<string, unknown>;
  /** Base64, instead of the files. */
  readonly buildContext?: string;
}

async function attempt(files: Readonly<Record<string, string>>, changes: Changes = {}): Promise<Attempt> {
  count += 1;
  const manifest = {
    name: `bad-job-${count}`,
    owner_email: 'team@example.com',
    jobtype: 'python3:latest',
    git: { remote: 'https://git.example/jobs' },
    jobtype_extra: { entrypoint_path: 'job.py', ...changes.extra },
  };
  const context = changes.buildContext ?? (await packFiles(files));
  return await attemptDeployment(platform, token, { manifest, build_context: context });
}

function expectExplained(result: Attempt, code: string, error: RegExp): void {
  expect(result).toMatchObject({ code, error: expect.stringMatching(error) });
  expect(result.status).toBeLessThan(500);
  expect(result.hint).not.toBe('');
  expect(result.error).not.toContain(platform.dataDir);
  expect(result.error.length).toBeLessThan(15_000);
}

const constructor = (...lines: string[]): string =>
  [
    'import os, sys, time',
    'class Job:',
    '    def __init__(self):',
    ...lines.map((line) => `        ${line}`),
  ].join('\n') + '\n    def perform(self):\n        return 1\n';

test('a job that does not start says why, in its own words', async () => {
  const cases: [string, RegExp, RegExp][] = [
    [
      constructor("raise RuntimeError('no model here')"),
      /no model here[^]*Traceback[^]*job\.py", line 4/,
      /constructor/,
    ],
    [constructor('time.sleep(600)'), /initialization timed out/, /constructor/],
    [
      constructor("print('last words', flush=True)", 'os._exit(3)'),
      /exit code 3[^]*last words/,
      /constructor/,
    ],
    [constructor('sys.exit(4)'), /Job initialization error: 4.*SystemExit/, /constructor/],
    [`import no_such_module\n${SOUND}`, /No module named 'no_such_module'/, /requirements/],
    [
      constructor("print('x' * 3_000_000)", "while True: print('endless' * 50)"),
      /timed out[^]*endless/,
      /constructor/,
    ],
    ['class Idle:\n    pass\n', /the class Idle has no method perform/, /./],
    [`${SOUND}class Other(Adder):\n    pass\n`, /Found: Adder, Other; set entrypoint_class/, /./],
    ['x = 1\n', /no class has been found/, /./],
  ];
  const results = await Promise.all(cases.map(async ([code]) => await attempt({ 'job.py': code })));

  for (const [index, result] of results.entries()) {
    expectExplained(result, 'JOB_NOT_READY', cases[index]?.[1] ?? /^$/);
    expect(result.hint).toMatch(cases[index]?.[2] ?? /^$/);
  }
  const absent = await attempt({ 'job.py': SOUND }, { extra: { entrypoint_class: 'Nope' } });
  expectExplained(absent, 'JOB_NOT_READY', /class name Nope was not found/);
});

test('a job that cannot be built says which line, and says it once', async () => {
  const needs = { requirements_path: 'requirements.txt' };
  const backend = "print('the backend says no')\nraise SystemExit(1)\n";
  const project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n';
  const cases: [Record<string, string>, Record<string, unknown>, string, RegExp][] = [
    [{ 'job.py': 'class Job:\n    def perform(self:\n' }, {}, 'BUILD_FAILED', /job\.py:2: SyntaxError/],
    [{ 'other.py': SOUND }, {}, 'MANIFEST_INVALID', /entrypoint_path: the source has no file "job\.py"/],
    [{ 'job.py': SOUND }, needs, 'MANIFEST_INVALID', /requirements_path: the source has no file/],
    [
      { 'job.py': SOUND, 'requirements.txt': 'racetrack-e2e-absent==1' },
      needs,
      'BUILD_FAILED',
      /racetrack-e2e-absent==1/,
    ],
    [
      { 'job.py': SOUND, 'requirements.txt': 'click==8.1.7\nclick==8.1.6' },
      needs,
      'BUILD_FAILED',
      /conflict/i,
    ],
    [
      { 'job.py': SOUND, 'requirements.txt': `click==8.1.7 --hash=sha256:${'0'.repeat(64)}` },
      needs,
      'BUILD_FAILED',
      /do not match the hashes/i,
    ],
    [
      { 'job.py': SOUND, 'requirements.txt': '-r ../../../../etc/passwd' },
      needs,
      'BUILD_FAILED',
      /outside the source/,
    ],
    [
      {
        'job.py': SOUND,
        'requirements.txt': './broken',
        'broken/pyproject.toml': project,
        'broken/backend.py': backend,
      },
      needs,
      'BUILD_FAILED',
      /the backend says no/,
    ],
  ];
  const results = await Promise.all(cases.map(async ([files, extra]) => await attempt(files, { extra })));

  for (const [index, result] of results.entries()) {
    expectExplained(result, cases[index]?.[2] ?? '', cases[index]?.[3] ?? /^$/);
    expect(result.error).not.toContain('root:x:0');
  }
});

test('at the CLI the last lines of a failed build stand once', async () => {
  const folder = join(platform.directory, 'once');
  await mkdir(folder, { recursive: true });
  const manifest =
    'name: once\nowner_email: a@b.c\njobtype: python3:latest\ngit: {remote: https://git.example/a}\n';
  await writeFile(join(folder, 'job.yaml'), `${manifest}jobtype_extra: {entrypoint_path: job.py}\n`);
  await writeFile(join(folder, 'job.py'), 'class Job:\n    def perform(self:\n');

  const result = await platform.cli(['deploy', folder, '--build-context', 'local']);

  expect(result.code).toBe(6);
  expect(result.stderr.match(/SyntaxError/g)).toHaveLength(1);
  expect(result.stderr).toContain('hint:');
});

/** A header of a tar archive (POSIX.1-1988), as no well-behaved program writes it. */
function entry(path: string | Buffer, type: string, link = '', size = 0): Buffer {
  const header = Buffer.alloc(512);
  if (typeof path === 'string') header.write(path);
  else path.copy(header);
  header.write(
    `0000644\u00000000000\u00000000000\u0000${size.toString(8).padStart(11, '0')}\u000000000000000\u0000`,
    100,
  );
  header.write(`        ${type}${link}`, 148);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

const END = Buffer.alloc(1024);
const pack = (...blocks: Buffer[]): string => gzipSync(Buffer.concat([...blocks, END])).toString('base64');

test('archives that reach out, or that grow without end, are refused', async () => {
  expect.hasAssertions();
  const zeros = gzipSync(Buffer.alloc(64 * 1024 ** 2));
  const sound = Buffer.from(await packFiles({ 'job.py': SOUND }), 'base64');
  const cases: [string, RegExp][] = [
    [pack(entry('../outside', '0')), /leads out/],
    [pack(entry('/tmp/outside', '0')), /leads out/],
    [pack(entry('a', '2', '/etc')), /leads out/],
    [pack(entry('a', '2', '../../x')), /leads out|unpacked/],
    [pack(entry('a', '2', 'b'), entry('b/', '5'), entry('a/file', '0')), /unpacked/],
    [pack(entry('a', '1', '/etc/passwd')), /leads out/],
    [pack(entry('a', '3')), /neither a file/],
    [pack(entry('a', '6')), /neither a file/],
    [pack(entry(Buffer.from([0x61, 0xff, 0xfe]), '0')), /not UTF-8/],
    [gzipSync('no archive at all').toString('base64'), /./],
    [sound.subarray(0, sound.length - 30).toString('base64'), /unexpected end|damaged|unpacked/],
    [gzipSync(sound).toString('base64'), /compressed twice/],
    [Buffer.from('plain text').toString('base64'), /not base64 of a tar\.gz/],
    ['%%%', /not base64 of a tar\.gz/],
    [pack(entry('huge', '0', '', 7 * 1024 ** 3)), /more than|too large/],
    // Ten gigabytes of zeros in ten megabytes.
    [
      Buffer.concat([gzipSync(entry('a', '0')), ...Array.from({ length: 160 }, () => zeros)]).toString(
        'base64',
      ),
      /goes on after its end/,
    ],
  ];
  const results = await Promise.all(cases.map(async ([buildContext]) => await attempt({}, { buildContext })));

  for (const [index, result] of results.entries()) {
    expectExplained(result, 'BUILD_CONTEXT_INVALID', cases[index]?.[1] ?? /^$/);
  }
});

test('with --force a broken new one leaves the old one answering', async () => {
  const manifest = {
    name: 'steady',
    version: '1.0.0',
    owner_email: 'team@example.com',
    jobtype: 'python3:latest',
    git: { remote: 'https://git.example/jobs' },
    jobtype_extra: { entrypoint_path: 'job.py' },
  };
  const deploy = async (code: string): Promise<Attempt> =>
    await attemptDeployment(platform, token, {
      manifest,
      force: true,
      build_context: await packFiles({ 'job.py': code }),
    });
  expect((await deploy(SOUND)).error).toBe('');
  before = await listBelongings(platform);

  const broken = await deploy(constructor("raise RuntimeError('worse')"));

  expectExplained(broken, 'JOB_NOT_READY', /worse/);
  const answer = await platform.call('steady/1.0.0/api/v1/perform', token, { x: 40, y: 2 });
  expect([answer.status, await answer.text()]).toEqual([200, '42']);
});
