import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isReachable } from './host-programs.ts';

test('a program is reachable when everybody may pass through all that is above it, links followed', () => {
  const root = mkdtempSync(join(tmpdir(), 'rt-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'home'), { mode: 0o700 });
  for (const place of ['home', '.']) writeFileSync(join(root, place, 'python3'), '', { mode: 0o755 });
  symlinkSync('home/python3', join(root, 'link'));
  writeFileSync(join(root, 'private'), '', { mode: 0o700 });

  expect(isReachable(join(root, 'python3'))).toBe(true);
  const others = ['home/python3', 'link', 'private', 'absent'];
  expect(others.filter((name) => isReachable(join(root, name)))).toEqual([]);
});
