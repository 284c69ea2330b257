import { describe, expect, test } from 'vitest';
import { toHttpsRemote } from './find-repository.ts';
import { toJobName, toPackageName } from './job-name.ts';

describe('toHttpsRemote', () => {
  test.each([
    ['https://github.com/acme/job.git', 'https://github.com/acme/job.git'],
    ['https://bob:secret@git.example.com:8443/acme/job', 'https://git.example.com:8443/acme/job'],
    ['git@github.com:acme/job.git', 'https://github.com/acme/job.git'],
    ['ssh://git@git.example.com:2222/acme/job', 'https://git.example.com/acme/job'],
    ['/srv/git/job', undefined],
    ['file:///srv/git/job', undefined],
    ['http://git.example.com/job', undefined],
  ])('makes of %s %s', (origin, expected) => {
    expect(toHttpsRemote(origin)).toBe(expected);
  });
});

test.each([
  ['adder', 'adder', 'adder'],
  ['My fantabulous_job!', 'My-fantabulous_job', 'my-fantabulous_job'],
  ['..', 'job', 'job'],
  ['_x', 'x', 'x'],
  ['2nd try', '2nd-try', 'job-2nd-try'],
  ['häuser', 'hauser', 'hauser'],
  ['x'.repeat(80), 'x'.repeat(63), 'x'.repeat(63)],
])('a folder %j makes a job %j and a package %j', (folder, job, packageName) => {
  expect(toJobName(folder)).toBe(job);
  expect(toPackageName(toJobName(folder))).toBe(packageName);
});
