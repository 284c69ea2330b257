import { describe, expect, test } from 'vitest';
import { findGitCredentials, trimRepositoryUrl } from './git-credentials.ts';

const JOB = 'https://github.com/acme/job';

function isMatch(key: string, remote: string): boolean {
  return findGitCredentials({ [key]: { username: 'u', password: 'p' } }, remote) !== undefined;
}

describe('findGitCredentials', () => {
  test.each([
    [JOB, JOB],
    [JOB, `${JOB}?x=1`],
    ['https://github.com', JOB],
    ['github.com', JOB],
  ])('%s covers %s as with the original', (key, remote) => {
    expect(isMatch(key, remote)).toBe(true);
  });

  test.each([
    ['https://github.com/acme', JOB],
    ['github.com/acme', JOB],
    [JOB, `${JOB}.git`],
    [`${JOB}.git`, JOB],
    [JOB, `${JOB}/`],
    ['https://github.com', 'https://bob@github.com/acme/job'],
    ['https://github.com', 'https://GitHub.com/acme/job'],
    ['https://github.com', 'https://github.com:443/acme/job'],
  ])('%s covers %s, which the original misses', (key, remote) => {
    expect(isMatch(key, remote)).toBe(true);
  });

  test.each([
    ['http://github.com', JOB],
    ['https://github.com/acm', JOB],
    ['https://github.com/acme/job', 'https://github.com/acme/job2'],
    ['https://github.com/acme/job', 'https://github.com/acme'],
    ['https://github.com/Acme', JOB],
    ['https://github.com:8443', JOB],
    ['github.com', 'http://github.com/acme/job'],
    ['github.com', 'https://github.com.evil.example/acme/job'],
    [JOB, 'not a url'],
  ])('%s does not cover %s', (key, remote) => {
    expect(isMatch(key, remote)).toBe(false);
  });

  test('the longest key wins, whatever the order', () => {
    const of = (username: string) => ({ username, password: 'p' });
    const stored = {
      'github.com': of('host'),
      [JOB]: of('job'),
      'https://github.com/acme': of('group'),
      'https://github.com': of('host-with-scheme'),
    };

    expect(findGitCredentials(stored, `${JOB}.git`)?.username).toBe('job');
    expect(findGitCredentials(stored, 'https://github.com/acme/other')?.username).toBe('group');
    expect(findGitCredentials(stored, 'https://github.com/else')?.username).toBe('host-with-scheme');
  });
});

test.each([
  ['https://x/a/', 'https://x/a'],
  ['github.com/', 'github.com'],
  ['https://x/a/#f', 'https://x/a#f'],
  ['https://x/a?q=1/', 'https://x/a?q=1/'],
  ['https://github.com', 'https://github.com'],
  ['repo_url', 'repo_url'],
])('trimRepositoryUrl turns %s into %s', (url, trimmed) => {
  expect(trimRepositoryUrl(url)).toBe(trimmed);
});
