import fc from 'fast-check';
import { PlatformError } from '@racetrack-platform/errors';
import { describe, expect, test } from 'vitest';
import { parseManifest } from './schema/parse-manifest.ts';
import { JOB_NAME } from './schema/patterns.ts';
import { parseSecretEnv } from './secrets/parse-secret-env.ts';
import { isStrictVersion } from './versions/strict-version.ts';
import { readManifestYaml } from './yaml/read-manifest-yaml.ts';

/** What every reader of a manifest promises, whatever it is given; answers how it failed. */
function expectBounded(work: () => unknown): unknown {
  const before = process.threadCpuUsage();
  let failure: unknown;
  try {
    work();
  } catch (thrown) {
    failure = thrown;
  }
  if (failure !== undefined && !PlatformError.is(failure)) throw failure;
  // Of this thread, so that a busy machine does not count.
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(1_000);
  return failure;
}

const read = (text: string): unknown => {
  const { data, warnings, locate } = readManifestYaml(text, { source: 'job.yaml' });
  return [warnings, parseManifest(data, { source: 'job.yaml', locate })];
};

const BOMBS: Record<string, string> = {
  'aliases of aliases': `l0: &l0 x\n${Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`).join('\n')}`,
  'merge keys of merge keys': `l0: &l0 {a: 1}\n${Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} {<<: [${Array(9).fill(`*l${i}`).join(', ')}], k${i}: 1}`).join('\n')}`,
  'an anchor in itself': 'a: &a [*a]\n',
  'brackets without end': '['.repeat(100_000),
  'braces without end': '{a: '.repeat(100_000),
  'dashes without end': '- '.repeat(100_000),
  'question marks without end': '? '.repeat(50_000),
  'lines deeper and deeper': Array.from({ length: 1_400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
  'ten megabytes': `a: "${'x'.repeat(10_000_000)}"`,
  'a long number': `replicas: ${'9'.repeat(500_000)}`,
  'a long base-60 number': `replicas: ${'59:'.repeat(100_000)}1`,
  'a long name': `name: ${'a'.repeat(900_000)}`,
  'many keys': Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n'),
  'one key many times': 'a: 1\n'.repeat(60_000),
  'many documents': '---\n'.repeat(100_000),
  'many tags': `a: ${'!!str '.repeat(50_000)}x`,
  'many comments': '# x\n'.repeat(200_000),
  'open quotes': `a: "${'\\'.repeat(500_000)}`,
  'a remote of colons': `git: {remote: "https://${':'.repeat(400_000)}"}`,
  'an e-mail of signs': `owner_email: "${'@'.repeat(400_000)}"`,
  'a version of dashes': `version: "1.0.0-${'-.'.repeat(200_000)}"`,
  'python objects': 'name: !!python/object/apply:os.system ["true"]\n',
  'a NUL': 'name: "a\0b"\nx\0: 1\n',
  'a prototype': '__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n',
};

describe('manifests from outside', { timeout: 60_000 }, () => {
  test.each(Object.entries(BOMBS))('%s end within a second, and in a message', (_what, text) => {
    expect(expectBounded(() => read(text))).toMatchObject({ code: 'MANIFEST_INVALID' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('no text brings anything but a manifest or a PlatformError', () => {
    expect.hasAssertions();
    const pieces = fc.constantFrom(
      ...'&a *a !!int ! - ? : [ ] { } , | > " \' # % @ ` << --- ... ~ 0x 1e9 .inf \t \n\n '.split(' '),
    );
    const words = fc.oneof(
      pieces,
      fc.constantFrom('name', 'git:', 'remote', '\n', '\n  ', ': '),
      fc.string(),
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 60 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expectBounded(() => read(text));
      }),
      { numRuns: 150 },
    );
  });

  test('no data brings anything but a manifest or a PlatformError', () => {
    expect.hasAssertions();
    const fields = fc.constantFrom(
      'name',
      'git',
      'version',
      'jobtype',
      'resources',
      'runtime_env',
      'replicas',
      'labels',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(fields, fc.anything())), (data) => {
        expectBounded(() => parseManifest(data, { source: 'job.yaml' }));
      }),
      { numRuns: 150 },
    );
  });

  test('no file of secrets brings anything but variables or a PlatformError without its content', () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expectBounded(() => parseSecretEnv(text, 'secret.env'));
        expectBounded(() => parseSecretEnv(`A="${text}\nB='${text}`, 'secret.env'));
      }),
    );
  });

  test('names and versions that pass are safe in paths and URLs', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\w.%/\\ -]{0,70}$/));
    fc.assert(
      fc.property(texts, (text) => {
        expect(JOB_NAME.test(text) && !/^(?!-)[\w-]{1,63}$/.test(text)).toBe(false);
        expect(isStrictVersion(text) && encodeURIComponent(text).replaceAll('%2B', '+') !== text).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
