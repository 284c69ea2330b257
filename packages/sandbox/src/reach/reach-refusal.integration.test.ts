import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { findReachRefusal } from './reach-refusal.ts';

test('every closed directory above the data is named at once, with what to do', async () => {
  await using directory = await createTemporaryDirectory();
  const inner = join(directory.path, 'inner');
  mkdirSync(inner, { mode: 0o700 });
  chmodSync(directory.path, 0o700);
  const dataDir = join(inner, 'data');

  const refusal = findReachRefusal(dataDir, [join(dataDir, 'instances'), join(dataDir, 'run/i')]);

  expect(refusal).toMatchObject({
    code: 'DATA_DIR_UNUSABLE',
    message: `jobs run as users of their own, which cannot pass through ${directory.path} and ${inner}.`,
  });
  expect(refusal?.hint).toMatch(/^Install bubblewrap/);
  expect(refusal?.hint).toContain(`chmod o+x ${directory.path} ${inner}`);
});

test('the platform’s own directories do not count, and a link leads to what it names', async () => {
  await using directory = await createTemporaryDirectory();
  chmodSync(directory.path, 0o711);
  const dataDir = join(directory.path, 'data');
  mkdirSync(join(dataDir, 'run'), { recursive: true, mode: 0o700 });
  mkdirSync(join(directory.path, 'closed/elsewhere'), { recursive: true });
  chmodSync(join(directory.path, 'closed'), 0o700);

  expect(findReachRefusal(dataDir, [join(dataDir, 'instances'), join(dataDir, 'run/i')])).toBeUndefined();
  symlinkSync(join(directory.path, 'closed/elsewhere'), join(dataDir, 'instances'));
  expect(findReachRefusal(dataDir, [join(dataDir, 'instances')])?.message).toContain(
    join(directory.path, 'closed.'),
  );
});
