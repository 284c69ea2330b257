import { expect, test } from 'vitest';
import { describeUnpushedWork, parseStatus } from './inspect-checkout.ts';

test('parseStatus names changed, renamed and new files and counts commits ahead', () => {
  const output = [
    '# branch.oid 1234',
    '# branch.head main',
    '# branch.ab +2 -1',
    '1 .M N... 100644 100644 100644 a b my file.py',
    '2 R. N... 100644 100644 100644 a b R100 new.py',
    '1 looks like an entry, but is the old path',
    '? untracked.py',
    '',
  ].join('\0');

  expect(parseStatus(output)).toEqual({
    changedFiles: ['my file.py', 'new.py', 'untracked.py'],
    unpushedCommitCount: 2,
  });
});

test('describeUnpushedWork says what the server will not see', () => {
  const remote = 'https://github.com/acme/job';

  expect(describeUnpushedWork({ changedFiles: ['job.py'], unpushedCommitCount: 2 }, remote)).toBe(
    `the working directory has 1 uncommitted file (job.py) and 2 unpushed commits, but the server builds what is pushed to ${remote}`,
  );
  const many = { changedFiles: ['a', 'b', 'c', 'd'], unpushedCommitCount: 0 };
  expect(describeUnpushedWork(many, remote)).toContain('4 uncommitted files (a, b, c, …),');
  expect(describeUnpushedWork({ changedFiles: [], unpushedCommitCount: undefined }, remote)).toBeUndefined();
});
