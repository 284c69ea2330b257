import { describe, expect, test } from 'vitest';
import { chooseJobType } from './choose-job-type.ts';

const container = (fullName: string) => ({ fullName, isNative: false });
const native = (fullName: string) => ({ fullName, isNative: true });

const AVAILABLE = [
  container('golang:1.5.0'),
  native('golang:1.4.0'),
  container('mllab:1.30.0-3.8-buster'),
  container('mllab:1.30.0-3.9-bullseye'),
  native('python3:2.6.1'),
  native('python3:2.6.12'),
  native('python3:2.6.2'),
  native('python3:2.7.0-rc1'),
  container('rust:1.3.0'),
];

function refusal(requested: string, runs: 'native' | 'container', available = AVAILABLE): unknown {
  try {
    return chooseJobType(available, requested, runs);
  } catch (error) {
    return error;
  }
}

describe('the job type of a manifest', () => {
  test.each([
    ['python3:latest', 'container', 'python3:2.6.12'],
    ['python3:2.6.*', 'container', 'python3:2.6.12'],
    ['python3:2.*', 'container', 'python3:2.6.12'],
    ['python3:*', 'native', 'python3:2.6.12'],
    ['python3:2.7.0-*', 'native', 'python3:2.7.0-rc1'],
    ['python3:2.6.1', 'native', 'python3:2.6.1'],
    ['mllab:1.30.*-3.9-bullseye', 'container', 'mllab:1.30.0-3.9-bullseye'],
    ['golang:latest', 'container', 'golang:1.5.0'],
    // The higher one cannot run there.
    ['golang:latest', 'native', 'golang:1.4.0'],
    ['golang:1.*', 'native', 'golang:1.4.0'],
  ] as const)('%s on a %s target is %s', (requested, runs, expected) => {
    expect(chooseJobType(AVAILABLE, requested, runs).fullName).toBe(expected);
  });

  test.each([
    ['golang:1.5.0', 'golang:1.5.0'],
    ['rust:latest', 'rust:1.3.0'],
    ['mllab:1.*-3.9-*', 'mllab:1.30.0-3.9-bullseye'],
  ])('%s is there, and what keeps it from running is said', (requested, meant) => {
    expect(refusal(requested, 'native')).toMatchObject({
      code: 'JOB_TYPE_UNKNOWN',
      message: `job type ${meant} is for containers, and the chosen target runs only native job types`,
      hint: 'Name a target that runs containers as `infrastructure_target`. Write one that the chosen target can run as `jobtype`, such as golang:latest.',
    });
  });

  test.each([
    ['python3', 'job type should be specified as "name:version", got "python3"'],
    ['python3:1:2', 'job type should be specified as "name:version", got "python3:1:2"'],
    ['cobol:latest', 'there is no version matching "cobol:latest", supported are: ['],
    ['python3:3.*', `language pattern "python3:3.*" doesn't match any of the supported versions: [`],
    ['python3:9.9.9', 'language python3:9.9.9 is not supported, supported are: ['],
  ])('%s is refused in the words of the original, with what can run there', (requested, message) => {
    const error = refusal(requested, 'native');

    expect(error).toMatchObject({ code: 'JOB_TYPE_UNKNOWN', message: expect.stringContaining(message) });
    expect(String(error)).not.toContain('rust');
  });

  test('a slip of the pen is answered with the name that was meant', () => {
    expect(refusal('pyton3:latest', 'native')).toMatchObject({
      hint: expect.stringMatching(/^Did you mean python3\? Write one .* such as python3:latest\.$/),
    });
    expect(refusal('python3:9.9.9', 'native')).toMatchObject({
      hint: expect.stringMatching(/^Write one .* such as python3:latest\.$/),
    });
  });

  test('is refused where none is installed, and where none can run', () => {
    expect(refusal('python3:latest', 'native', [])).toMatchObject({
      message:
        'language python3:latest is not supported here. No job type plugins are currently installed to Racetrack.',
      hint: expect.stringContaining('racetrack plugin install'),
    });
    expect(refusal('cobol:1.0.0', 'native', [container('rust:1.3.0')])).toMatchObject({
      message: "language cobol:1.0.0 is not supported, supported are: ['rust:1.3.0']",
      hint: 'There is no job type that the chosen target can run.',
    });
  });
});
