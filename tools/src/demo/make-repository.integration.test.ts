import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeRepository } from './make-repository.ts';

test('makeRepository commits the same files to the same commit, whoever runs it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'racetrack-demo-'));
  try {
    writeFileSync(path.join(folder, 'job.yaml'), 'name: adder\n');
    const [one, two] = [`${folder}-1`, `${folder}-2`];
    await makeRepository(folder, one);
    await makeRepository(folder, two);

    const head = (cwd: string): string =>
      execFileSync('git', ['rev-parse', 'HEAD'], { cwd, encoding: 'utf8' });
    expect(head(one)).toBe(head(two));
    rmSync(one, { recursive: true });
    rmSync(two, { recursive: true });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
