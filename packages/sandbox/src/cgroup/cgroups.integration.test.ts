import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { waitUntil } from '@racetrack-platform/testing';
import { findTools } from '../detect/find-tools.ts';
import { findByArgument } from '../testing/processes.ts';
import { startConfined, type ConfinedRun } from '../testing/run-confined.ts';
import type { Cgroup, CgroupLimits } from './cgroup.ts';
import { openCgroups } from './open-cgroups.ts';

const MEBIBYTE = 1024 * 1024;
/** Whatever goes wrong here, the machine is not taken down. */
const SAFE: CgroupLimits = { memoryBytes: 128 * MEBIBYTE, processes: 60, cpuMillicores: null };

const PYTHON = '/usr/bin/python3';
/** Each process forks for ever: killed one by one, they would always be back. */
const FORK_BOMB = `
import os, time
while True:
    try: os.fork()
    except OSError: time.sleep(0.001)
`;

const NAME = `racetrack-test-${process.pid}`;
const support = await openCgroups({ name: NAME });
const tools = findTools(process.getuid?.() === 0);
const version = support.isAvailable ? `version ${support.manager.version}` : '';
const skipped = support.isAvailable ? '' : ` (skipped: ${support.reason})`;
const has = support.isAvailable
  ? support.manager.controllers
  : { memory: false, processes: false, cpu: false };

afterAll(async () => {
  if (!support.isAvailable) return;
  for (const id of await support.manager.list()) await support.manager.remove(id);
});

/** A script in a group: it starts once it is inside. */
async function startInGroup(
  script: string,
  limits: CgroupLimits,
): Promise<{ readonly group: Cgroup; readonly run: ConfinedRun } & AsyncDisposable> {
  if (!support.isAvailable) throw new Error(support.reason);
  const id = randomUUID();
  const group = await support.manager.create(id, limits);
  const go = 'while ! grep -q "$0" /proc/self/cgroup; do sleep 0.02; done\n';
  const run = startConfined(tools, ['/bin/sh', '-c', `${go}${script}`, id], { dieWithParent: false });
  await group.add(run.pid);
  return { group, run, [Symbol.asyncDispose]: async () => await group.remove() };
}

describe.skipIf(!support.isAvailable)(`groups of ${version}, as this machine has them${skipped}`, () => {
  test('a group is adopted by its name or by one of its processes, and removed with all that is in it', async () => {
    if (!support.isAvailable) return;
    const { manager } = support;
    // Whichever of the two is killed first, the shell cannot end of itself.
    const { group, run } = await startInGroup('sleep 30; exec sleep 30', SAFE);

    const adopted = await manager.create(group.id, SAFE);
    expect(await adopted.pids()).toContain(run.pid);
    expect(await (await manager.open(group.id))?.pids()).toContain(run.pid);
    expect(await (await manager.open(group.id, run.pid))?.pids()).toContain(run.pid);
    expect(await manager.list()).toContain(group.id);

    await manager.remove(group.id);

    expect((await run.ended).signal).toBe('SIGKILL');
    expect(await manager.open(group.id)).toBeUndefined();
    await manager.remove(group.id);
  });

  test.skipIf(!has.memory)(
    'a process that takes more memory than it may is killed, and the reason is known',
    async () => {
      await using started = await startInGroup(
        'dd if=/dev/zero of=/dev/null bs=512M count=1 && echo survived',
        SAFE,
      );

      await started.run.ended;

      expect(started.run.output()).not.toContain('survived');
      expect(await started.group.readOomKills()).toBe(1);
    },
  );

  test.skipIf(!has.memory)('memory that stays below the limit is left alone, and is measured', async () => {
    await using started = await startInGroup(
      `held=$(head -c ${32 * MEBIBYTE} /dev/zero | tr '\\0' x); echo survived; sleep 30`,
      SAFE,
    );

    const used = await waitUntil('the memory to be taken', async () => {
      const { memoryBytes } = await started.group.readUsage();
      return (memoryBytes ?? 0) > 32 * MEBIBYTE && started.run.output().includes('survived')
        ? memoryBytes
        : undefined;
    });

    expect(used).toBeLessThan(128 * MEBIBYTE);
    expect(await started.group.readOomKills()).toBe(0);
  });

  test.skipIf(!has.cpu)('a process gets no more of the processor than its share', async () => {
    await using started = await startInGroup('while :; do :; done', { ...SAFE, cpuMillicores: 200 });
    const read = async (): Promise<number> => (await started.group.readUsage()).cpuSeconds ?? 0;
    await waitUntil('the loop to run', async () => (await read()) > 0.05);
    const [before, startedAt] = [await read(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const share = ((await read()) - before) / ((performance.now() - startedAt) / 1000);

    expect(share).toBeGreaterThan(0.02);
    expect(share).toBeLessThan(0.35);
  });

  test.skipIf(!has.processes || !existsSync(PYTHON))(
    'a fork bomb stays below its limit, and is dead within two seconds',
    async () => {
      await using started = await startInGroup(`exec ${PYTHON} -c '${FORK_BOMB}'`, SAFE);
      await waitUntil('the bomb to go off', async () => (await started.group.pids()).length >= 50);

      const startedAt = performance.now();
      await started.group.remove();

      expect(performance.now() - startedAt).toBeLessThan(20_000);
      expect(await started.group.pids()).toEqual([]);
    },
  );

  test('daemons that have left their session and their environment are found and killed', async () => {
    const mark = randomUUID();
    const daemon = `setsid env -i /bin/sh -c 'setsid /bin/sleep 60 & /bin/sleep 60; :' ${mark} >/dev/null 2>&1 &`;
    await using started = await startInGroup(`${daemon}\nexit 0`, SAFE);
    await started.run.ended;
    await waitUntil('the daemon', () => findByArgument(mark).length > 0);

    await started.group.kill();

    expect(findByArgument(mark)).toEqual([]);
  });
});
