import {
  appendFileSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { detectConfinement, type Feature } from '@racetrack-platform/sandbox';
import { createTemporaryDirectory, waitUntil } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { getInstanceFiles, type InstanceFiles } from '../files/instance-files.ts';
import { createProcessTargetHarness, type ProcessTargetHarness } from '../process-target-harness.ts';
import { startLogRotation } from './start-log-rotation.ts';

const PYTHON = '/usr/bin/python3';
const TAKE_LEASE = `
import fcntl
def take(fd, kind):
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, kind)
        return 'taken'
    except OSError as error:
        return error.strerror
print('lease:', take(1, fcntl.F_WRLCK), '/', take(1, fcntl.F_RDLCK), flush=True)
with open('/dev/stdout', 'a') as again:
    print('again:', take(again.fileno(), fcntl.F_WRLCK), file=again)
try:
    open('/dev/stdout', 'r')
except OSError as error:
    print('reading:', error.strerror, flush=True)
`;
const EMPTY_AND_WRITE = `
print('first', flush=True)
with open('/dev/stdout', 'w') as again:
    print('anew', file=again)
`;
/** FALLOC_FL_KEEP_SIZE (linux/falloc.h), over and over. */
const RESERVE = `
import ctypes, time
libc = ctypes.CDLL(None, use_errno=True)
print('small', flush=True)
result = libc.fallocate(1, 1, ctypes.c_long(0), ctypes.c_long(64_000_000))
print('reserved', result, flush=True)
time.sleep(60)
`;
const STRETCH = `
import os, time
while True:
    os.ftruncate(1, 1 << 40)
    time.sleep(0.01)
`;

const confinement = await detectConfinement();
const python: Feature = existsSync(PYTHON)
  ? { isAvailable: true }
  : { isAvailable: false, reason: `there is no ${PYTHON}`, remedy: 'Install Python.' };
const LEVELS: readonly { level: string; settings: object; needs: Feature[] }[] = [
  { level: 'with namespaces', settings: {}, needs: [confinement.accounts, confinement.namespaces, python] },
  {
    level: 'without namespaces',
    settings: { namespaces: 'off' },
    needs: [confinement.accounts, python],
  },
];

describe.each(LEVELS)('the log of a job with an account of its own, $level', ({ settings, needs }) => {
  const missing = findMissing(needs);
  describe.skipIf(missing !== '')(`here${missing}`, () => {
    const create = async (more: object = {}): Promise<ProcessTargetHarness> => {
      return await createProcessTargetHarness({ isolation: 'account', ...settings, ...more });
    };

    test('is not its own: it can take no lease on it, and not read it', async ({ signal }) => {
      await using harness = await create();
      const request = harness.createRequest({ command: [PYTHON, '-c', TAKE_LEASE] });

      await harness.target.launch(request, signal);
      const log = await waitForText(harness, 'reading');

      expect(log).toContain('lease: Permission denied / Permission denied\n');
      expect(log).toContain('again: Permission denied\n');
      expect(log).toContain('reading: Permission denied\n');
      expect(statSync(filesOf(harness).log)).toMatchObject({ uid: 0, gid: request.account?.gid });
      expect(statSync(filesOf(harness).log).mode & 0o777).toBe(0o620);
    });

    test('can be opened anew, also emptied', async ({ signal }) => {
      await using harness = await create();

      await harness.target.launch(
        harness.createRequest({ command: [PYTHON, '-c', EMPTY_AND_WRITE] }),
        signal,
      );

      expect(await waitForText(harness, 'anew')).toBe('anew\n');
    });

    test('is taken back when a former version gave it away', async ({ signal }) => {
      await using harness = await create();
      const request = harness.createRequest({ command: [PYTHON, '-c', TAKE_LEASE] });
      const files = filesOf(harness);
      mkdirSync(files.dir, { recursive: true });
      writeFileSync(files.log, 'earlier\n', { mode: 0o600 });
      chownSync(files.log, request.account?.uid ?? 0, request.account?.gid ?? 0);

      await harness.target.launch(request, signal);

      const log = await waitForText(harness, 'reading');
      expect(log).toMatch(/^earlier\nlease: Permission denied/);
    });

    test('gives back what the job reserved beyond its end', async ({ signal }) => {
      await using harness = await create({ maxLogBytes: 1_000_000, rotateIntervalMs: 100 });
      const files = filesOf(harness);

      await harness.target.launch(harness.createRequest({ command: [PYTHON, '-c', RESERVE] }), signal);
      await waitUntil('the rotation', () => existsSync(files.oldLog));

      await waitUntil('the space', () => statSync(files.log).blocks * 512 < 1_000_000);
      expect(readFileSync(files.oldLog, 'utf8')).toMatch(/^small\n/);
      expect(statSync(files.oldLog)).toMatchObject({ uid: 0, gid: 0 });
    });

    test('costs nothing when the job makes it longer than what it wrote', async ({ signal }) => {
      await using harness = await create({ maxLogBytes: 50_000_000, rotateIntervalMs: 100 });
      const files = filesOf(harness);

      await harness.target.launch(harness.createRequest({ command: [PYTHON, '-c', STRETCH] }), signal);
      await waitUntil('the cut', () =>
        readStart(files).startsWith('--- the log was cut: the job had made it'),
      );
      await waitUntil('the job to go on', () => statSync(files.log).size === 2 ** 40);
      await waitUntil('another cut', () => statSync(files.log).size < 100);

      // Nothing was copied.
      expect(existsSync(files.oldLog)).toBe(false);
      expect(harness.messages).not.toContain('a log could not be rotated');
    });
  });
});

test('no more of a log is copied than its limit per second, on average', async () => {
  await using directory = await createTemporaryDirectory();
  const files = getInstanceFiles(directory.path, 'i-1');
  mkdirSync(files.dir);
  const [maxLogBytes, baseOffsets, lengths] = [1_000_000, [] as number[], [] as number[]];
  writeFileSync(files.log, '');
  using _rotation = startLogRotation({
    instancesDir: directory.path,
    maxLogBytes,
    intervalMs: 10,
    onRotated: (_id, baseOffset) => {
      baseOffsets.push(baseOffset);
      lengths.push(statSync(files.oldLog).size);
    },
    onError: (_id, error) => expect.unreachable(String(error)),
  });

  for (let round = 1; round <= 4; round += 1) {
    appendFileSync(files.log, `${'x'.repeat(1_500_000)}${round}\n`);
    await waitUntil('the rotation', () => baseOffsets.length === round);
  }

  expect(lengths[0]).toBe(1_500_002);
  expect(lengths.slice(1)).toContain(maxLogBytes / 64);
  expect(readFileSync(files.oldLog, 'utf8')).toMatch(/x4\n$/);
});

function findMissing(needs: readonly Feature[]): string {
  const missing = needs.find((feature) => !feature.isAvailable);
  return missing === undefined || missing.isAvailable ? '' : ` (skipped: ${missing.reason})`;
}

function filesOf(harness: ProcessTargetHarness): InstanceFiles {
  return getInstanceFiles(join(harness.dataDir, 'instances'), 'i-1');
}

async function waitForText(harness: ProcessTargetHarness, text: string): Promise<string> {
  return await waitUntil(`${text} in the log`, () => {
    const log = readFileSync(filesOf(harness).log, 'utf8');
    return log.includes(text) && log.endsWith('\n') ? log : undefined;
  });
}

/** A stretched log is far too long to be read as a whole. */
function readStart({ log }: InstanceFiles): string {
  const buffer = Buffer.alloc(100);
  const file = openSync(log, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(file);
  }
}
