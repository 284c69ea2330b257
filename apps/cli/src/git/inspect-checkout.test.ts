import { expect, test } from 'vitest';
import { describeUnpushedWork, parseStatus } from './inspect-checkout.ts';

test('parseStatus counts changed, renamed and new files and commits ahead', () => {
  const output = [
    '# branch.oid 1234',
    '# branch.head main',
    '# branch.ab +2 -1',
    '1 .M N... 100644 100644 100644 a b file.py',
    '2 R. N... 100644 100644 100644 a b R100 new.py',
    '1 looks like an entry, but is the old path',
    '? untracked.py',
    '',
  ].join('\0');

  expect(parseStatus(output)).toEqual({ changedFileCount: 3, unpushedCommitCount: 2 });
});

test('describeUnpushedWork says what the server will not see', () => {
  const remote = 'https://github.com/acme/job';

  expect(describeUnpushedWork({ changedFileCount: 1, unpushedCommitCount: 2 }, remote)).toBe(
    `the working directory has 1 uncommitted file and 2 unpushed commits, but the server builds what is pushed to ${remote}`,
  );
  expect(describeUnpushedWork({ changedFileCount: 0, unpushedCommitCount: 0 }, remote)).toBeUndefined();
});
