import { expect, test } from 'vitest';
import { presentGitFailure } from './present-git-failure.ts';

const remote = {
  kind: 'https' as const,
  address: 'https://git.example/a',
  origin: 'https://git.example',
  credentials: { username: 'bob', password: 'pw' },
};

test.each([
  [
    "fatal: could not read Username for 'https://x': terminal prompts disabled",
    'no git credentials configured',
  ],
  [
    "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://x/'",
    'authentication failure',
  ],
  ["fatal: unable to access 'https://x/': The requested URL returned error: 403", 'authentication failure'],
  ["remote: Not found\nfatal: repository 'https://x/' not found", 'repository not found'],
  ["fatal: unable to access 'https://x/': Could not resolve host: x", 'host unreachable: the name'],
  [
    "fatal: unable to access 'https://x/': Failed to connect to x port 443: Connection refused",
    'no connection',
  ],
  ['error: RPC failed; curl 28 Operation too slow. Less than 1000 bytes/sec', 'does not answer in time'],
  ['fatal: https://x/info/refs not valid: is this a git repository?', 'not a git repository'],
  ['fatal: remote error: upload-pack: not our ref ffff', 'does not have the commit'],
  ["fatal: detected dubious ownership in repository at '/x'", 'belongs to another user'],
  ["fatal: unable to access 'https://x/': SSL certificate problem: expired", 'TLS certificate'],
  ['warning: x\nfatal: something new\n', 'cannot be fetched: fatal: something new'],
  ['', 'git gave no reason'],
])('%j becomes %j, with a hint', (text, message) => {
  const error = presentGitFailure(text, remote);

  expect(error).toMatchObject({ code: 'SOURCE_UNAVAILABLE', message: expect.stringContaining(message) });
  expect(error.hint).toBeTruthy();
});

test('a refusal without stored credentials asks for some', () => {
  const error = presentGitFailure('The requested URL returned error: 403', { ...remote, credentials: null });

  expect(error.message).toContain('no git credentials configured for a repo');
});
