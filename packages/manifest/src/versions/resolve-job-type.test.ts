import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveJobType } from './resolve-job-type.ts';

const AVAILABLE = [
  'python3:2.6.1',
  'python3:2.6.12',
  'python3:2.6.2',
  'python3:2.11.0-rc1',
  'golang:1.0.0-beta',
  'golang:1.0.0-alpha',
  'mllab:1.3.1-3.8-buster',
  'mllab:1.3.1-3.9-bullseye',
  'mllab:1.30.0-3.9-bullseye',
  'mllab:nightly',
  'plain',
];
const LIST = `[${AVAILABLE.toSorted()
  .map((reference) => `'${reference}'`)
  .join(', ')}]`;

describe('resolveJobType', () => {
  test.each([
    ['python3:latest', 'python3:2.6.12'],
    ['golang:latest', 'golang:1.0.0-beta'],
    ['python3:2.6.*', 'python3:2.6.12'],
    ['python3:2.*', 'python3:2.6.12'],
    ['python3:*', 'python3:2.6.12'],
    ['golang:1.0.*', 'golang:1.0.0-beta'],
    ['python3:2.11.0-*', 'python3:2.11.0-rc1'],
    ['mllab:1.3.*-3.9-bullseye', 'mllab:1.3.1-3.9-bullseye'],
    ['mllab:1.30.*-3.9-bullseye', 'mllab:1.30.0-3.9-bullseye'],
    ['mllab:*.*.*-3.8-*', 'mllab:1.3.1-3.8-buster'],
    ['python3:2.6.1', 'python3:2.6.1'],
    ['mllab:nightly', 'mllab:nightly'],
  ])('finds for %s the job type %s', (requested, version) => {
    expect(resolveJobType(requested, AVAILABLE)).toEqual({ kind: 'found', version });
  });

  test.each([
    ['python3', 'job type should be specified as "name:version", got "python3"'],
    ['python3:1:2', 'job type should be specified as "name:version", got "python3:1:2"'],
    ['python3:', 'job type should be specified as "name:version", got "python3:"'],
    ['cobol:latest', `there is no version matching "cobol:latest", supported are: ${LIST}`],
    ['python3:3.*', `language pattern "python3:3.*" doesn't match any of the supported versions: ${LIST}`],
    ['python3:2.6.1*', `language python3:2.6.1* is not supported, supported are: ${LIST}`],
    ['python3:2.6.12.*', `language python3:2.6.12.* is not supported, supported are: ${LIST}`],
    ['python3:9.9.9', `language python3:9.9.9 is not supported, supported are: ${LIST}`],
  ])('explains why %s cannot be had', (requested, message) => {
    expect(resolveJobType(requested, AVAILABLE)).toMatchObject({ kind: 'missing', message });
  });

  test('says so when no job type is installed at all', () => {
    expect(resolveJobType('python3:latest', [])).toMatchObject({
      message:
        'language python3:latest is not supported here. No job type plugins are currently installed to Racetrack.',
    });
  });

  test('a star stands for at least one character, as in the regular expression of the same shape', () => {
    const part = fc.constantFrom('1', '11', '*', '2');
    const suffix = fc.constantFrom('', '-*', '-a', '-a*', '-*a*b');
    const pattern = fc
      .tuple(part, part, part, suffix)
      .map(([major, minor, patch, rest]) => `${major}.${minor}.${patch}${rest}`)
      .filter((text) => text.includes('*'));
    const version = fc
      .tuple(
        fc.constantFrom('1', '11', '2'),
        fc.constantFrom('1', '12'),
        fc.constantFrom('', '-a', '-ab', '-xaab'),
      )
      .map(([a, b, rest]) => `${a}.${b}.1${rest}`);
    fc.assert(
      fc.property(pattern, version, (requested, candidate) => {
        const source = requested.replaceAll('.', '\\.').replaceAll('*', '.+');
        const expected = new RegExp(`^${source}$`).test(candidate) ? 'found' : 'missing';
        expect(resolveJobType(`a:${requested}`, [`a:${candidate}`]).kind).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('throws nothing, whatever is asked for', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (requested, available) => {
        expect(['found', 'missing']).toContain(resolveJobType(requested, available).kind);
      }),
    );
  });
});
