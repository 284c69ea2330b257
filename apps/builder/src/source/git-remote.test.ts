import { describe, expect, test } from 'vitest';
import { parseGitRemote } from './git-remote.ts';

const options = { allowLocalGit: true, credentials: null };

describe('parseGitRemote', () => {
  test('takes credentials, query and fragment out of the address', () => {
    expect(parseGitRemote('https://bob:p%40ss@git.example:8443/a/b.git?x=1#y', options)).toEqual({
      kind: 'https',
      address: 'https://git.example:8443/a/b.git',
      origin: 'https://git.example:8443',
      credentials: { username: 'bob', password: 'p@ss' },
    });
  });

  test('prefers the credentials that are given apart', () => {
    const credentials = { username: 'stored', password: 'token' };

    expect(parseGitRemote('https://bob:pw@git.example/a', { ...options, credentials })).toMatchObject({
      credentials,
    });
  });

  test.each([
    ['/srv/repo', '/srv/repo'],
    ['file:///srv/my%20repo', '/srv/my repo'],
  ])('takes %s for the local path %s', (remote, address) => {
    expect(parseGitRemote(remote, options)).toEqual({ kind: 'local', address });
  });

  test.each([
    'http://git.example/a',
    'git@git.example:a/b',
    'ssh://git.example/a',
    'git://git.example/a',
    'ext::sh -c true',
    '--upload-pack=true',
    'relative/path',
    '',
    'file://other-host/srv',
    'file:///a%00b',
    'https://',
  ])('refuses %j with SOURCE_REFUSED', (remote) => {
    expect(() => parseGitRemote(remote, options)).toThrow(
      expect.objectContaining({ code: 'SOURCE_REFUSED' }),
    );
  });

  test('names the setting that allows local repositories', () => {
    expect(() => parseGitRemote('/srv/repo', { ...options, allowLocalGit: false })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('RACETRACK_GIT_ALLOW_LOCAL') }),
    );
  });
});
