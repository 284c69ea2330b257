import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { waitUntil } from '@racetrack-platform/testing';
import { detectConfinement } from '../detect/detect-confinement.ts';
import { findByArgument } from '../testing/processes.ts';
import { runScript, startConfined, TEST_ACCOUNT } from '../testing/run-confined.ts';
import { composeConfinedCommand } from './confined-command.ts';

const { tools, accounts, limits } = await detectConfinement();
const skipAccounts = accounts.isAvailable ? '' : ` (skipped: ${accounts.reason})`;
const skipLimits = limits.isAvailable ? '' : ` (skipped: ${limits.reason})`;

const NO_LIMITS = { openFiles: null, processes: null, fileBytes: null };

describe.skipIf(!accounts.isAvailable)(`a process under an account of its own${skipAccounts}`, () => {
  test('is that user, in no other group, without capabilities, and cannot get any back', async () => {
    const { output } = await runScript(tools, 'cat /proc/self/status');

    const { uid, gid } = TEST_ACCOUNT;
    expect(output).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'));
    expect(output).toMatch(new RegExp(`^Gid:\\s+${gid}\\s+${gid}\\s+${gid}\\s+${gid}$`, 'm'));
    expect(output).toMatch(/^Groups:\s*$/m);
    expect(output).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(output.match(/^Cap\w+:\s+0+$/gm)).toHaveLength(5);
  });

  test('cannot start more processes than it is allowed to', async () => {
    const script = 'for n in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; echo all';

    const { output } = await runScript(tools, script, { limits: { ...NO_LIMITS, processes: 5 } });

    expect(output).toMatch(/fork/);
    expect(output).not.toContain('all');
  });
});

describe.skipIf(!limits.isAvailable)(`limits of a single process${skipLimits}`, () => {
  test('bound its open files and the size of a file, and it leaves no core dump', async () => {
    const { output } = await runScript(tools, 'cat /proc/self/limits', {
      limits: { openFiles: 123, processes: null, fileBytes: 1_048_576 },
    });

    expect(output).toMatch(/^Max open files\s+123\s+123/m);
    expect(output).toMatch(/^Max file size\s+1048576\s+1048576/m);
    expect(output).toMatch(/^Max core file size\s+0\s+0/m);
  });

  test('are lowered to what the machine allows, instead of failing', async () => {
    const { exitCode } = await runScript(tools, 'exit 3', {
      limits: { ...NO_LIMITS, openFiles: 4_000_000_000 },
    });

    expect(exitCode).toBe(3);
  });
});

test('values arrive as they are, whatever they contain', async () => {
  const value = `$(touch /x) '"; \` \\ \n $0 *`;
  const run = startConfined(tools, ['/bin/sh', '-c', 'printf %s "$1"', 'sh', value]);

  await run.ended;

  expect(run.output()).toBe(value);
});

test.skipIf(tools.setpriv === null)('a build dies with the process that started it', async () => {
  const mark = randomUUID();
  const options = { account: null, limits: NO_LIMITS, namespaces: null, dieWithParent: true, tools };
  const inner = composeConfinedCommand({
    ...options,
    command: ['/bin/sh', '-c', 'echo running; sleep 60; :', mark],
  });
  // The parent stays a process of its own: it waits for another one.
  const parent = startConfined(tools, ['/bin/sh', '-c', '"$@" & sleep 60; :', 'parent', ...inner], {
    account: null,
    dieWithParent: false,
  });
  await waitUntil('the build to run', () => parent.output().includes('running'));

  process.kill(parent.pid, 'SIGKILL');

  await waitUntil('the build to be gone', () => findByArgument(mark).length === 0);
  expect(findByArgument(mark)).toEqual([]);
  try {
    process.kill(-parent.pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
});

test('an account without the means for it is refused, with what to do', () => {
  expect(() =>
    composeConfinedCommand({
      command: ['true'],
      account: TEST_ACCOUNT,
      limits: NO_LIMITS,
      namespaces: null,
      dieWithParent: false,
      tools: { ...tools, setpriv: null },
    }),
  ).toThrow(expect.objectContaining({ code: 'LAUNCH_FAILED', hint: expect.stringContaining('util-linux') }));
});
