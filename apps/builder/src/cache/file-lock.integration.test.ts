import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireFileLock, tryFileLock } from './file-lock.ts';

let root: string;
let path: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-builder-lock-'));
  path = join(root, 'lock');
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

describe('a file lock', () => {
  test('has one owner at a time', () => {
    const first = tryFileLock(path);
    expect(tryFileLock(path)).toBeUndefined();
    first?.release();
    const second = tryFileLock(path);

    expect(second).toBeDefined();
    second?.release();
  });

  test('is free once its owner was killed, not before, even while a child of the owner lives', async () => {
    const module = JSON.stringify(new URL('file-lock.ts', import.meta.url).href);
    const script = `
      const { tryFileLock } = await import(${module});
      globalThis.lock = tryFileLock(process.argv[1]);
      const { spawn } = await import('node:child_process');
      const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
      console.log(child.pid);
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = (await once(owner.stdout, 'data')) as [Buffer];
    try {
      expect(tryFileLock(path)).toBeUndefined();
      owner.kill('SIGKILL');
      await once(owner, 'exit');
      const lock = tryFileLock(path);
      expect(lock).toBeDefined();
      lock?.release();
    } finally {
      process.kill(Number(text.toString()), 'SIGKILL');
    }
  });

  test('is waited for until the signal aborts', async () => {
    const held = tryFileLock(path);
    const stop = new AbortController();
    let waits = 0;
    const waiting = acquireFileLock(path, stop.signal, () => (waits += 1));
    setTimeout(() => stop.abort(new Error('enough')), 150);

    await expect(waiting).rejects.toThrow('enough');
    expect(waits).toBe(1);
    held?.release();
  });
});
