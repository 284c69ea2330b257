import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listHiddenParts } from './list-hidden-parts.ts';

test('an interpreter where builds look into an empty folder is shown with its libraries, links followed', () => {
  const root = mkdtempSync('/tmp/rt-');
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of ['base/bin', 'base/lib', 'venv/bin', 'venv/secrets']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const file of ['base/bin/python3', 'venv/pyvenv.cfg']) writeFileSync(join(root, file), '');
  symlinkSync('../../base/bin/python3', join(root, 'venv/bin/python3'));

  const parts = listHiddenParts(join(realpathSync(root), 'venv/bin/python3'));

  const expected = ['venv/bin', 'venv/pyvenv.cfg', 'base/bin', 'base/lib'];
  expect(parts).toEqual(expected.map((part) => join(realpathSync(root), part)));
});

test('an interpreter of the system needs to be shown in no way', () => {
  expect(listHiddenParts('/usr/bin/env')).toEqual([]);
});
