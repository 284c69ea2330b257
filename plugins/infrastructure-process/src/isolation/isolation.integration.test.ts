import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { detectConfinement, type Feature } from '@racetrack-platform/sandbox';
import { requestJob, waitUntil } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { getInstanceFiles } from '../files/instance-files.ts';
import { createProcessTargetHarness, type ProcessTargetHarness } from '../process-target-harness.ts';

const confinement = await detectConfinement();
const LEVELS: readonly { level: string; settings: object; needs: Feature[] }[] = [
  { level: 'with namespaces', settings: {}, needs: [confinement.accounts, confinement.namespaces] },
  { level: 'without namespaces', settings: { namespaces: 'off' }, needs: [confinement.accounts] },
];
const GRACE = { gracePeriodMs: 1_000 };

describe.each(LEVELS)('a job with an account of its own, $level', ({ settings, needs }) => {
  const missing = findMissing(needs);
  describe.skipIf(missing !== '')(`here${missing}`, () => {
    describeJob(async () => await createProcessTargetHarness({ isolation: 'account', ...settings }));
  });
});

function findMissing(needs: readonly Feature[]): string {
  const missing = needs.find((feature) => !feature.isAvailable);
  return missing === undefined || missing.isAvailable ? '' : ` (skipped: ${missing.reason})`;
}

function describeJob(create: () => Promise<ProcessTargetHarness>): void {
  test('is that user and nothing more, in a home of its own, and may open its log anew', async ({
    signal,
  }) => {
    await using harness = await create();
    const script = [
      'id -u; id -G',
      'grep -E "^(CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs)" /proc/self/status',
      'ulimit -c; ulimit -n',
      'touch "$HOME/mine" "$TMPDIR/mine" && echo wrote',
      'echo again >>/dev/stdout',
    ].join('\n');
    const request = harness.createRequest({ command: ['/bin/sh', '-c', script] });
    const { account } = request;

    await harness.target.launch(request, signal);
    await waitForExit(harness, signal);

    const words = readLog(harness).split(/\s+/);
    expect(words.slice(0, 2)).toEqual([String(account?.uid), String(account?.gid)]);
    expect(readLog(harness).match(/^Cap\w+:\s+0{16}$/gm)).toHaveLength(4);
    expect(readLog(harness)).toMatch(/NoNewPrivs:\s+1\n0\n\d+\nwrote\nagain\n$/);
  });

  test('cannot touch its records, its log’s name, its source or another instance', async ({ signal }) => {
    await using harness = await create();
    const victim = harness.createRequest({
      instanceId: 'victim',
      account: { uid: 1_950_000_000, gid: 1_950_000_000 },
    });
    await requestJob((await harness.target.launch(victim, signal)).address);
    const files = filesOf(harness);
    const other = getInstanceFiles(join(harness.dataDir, 'instances'), 'victim');
    const attempts = [
      `echo x >${files.exit}`,
      `echo x >${files.process}`,
      `mv ${files.log} ${files.log}.moved`,
      `cat ${files.instance}`,
      'echo x >./planted',
      `cat ${other.log}`,
      `ls ${other.home}`,
      `ls ${harness.dataDir}/store`,
      'kill -9 $PPID',
      'echo x >/etc/planted',
    ];
    const tried = attempts.map(
      (attempt) => `(${attempt}) >/dev/null 2>&1 && echo 'succeeded: ${attempt.replaceAll("'", '')}'`,
    );
    const request = harness.createRequest({ command: ['/bin/sh', '-c', [...tried, 'echo done'].join('\n')] });

    await harness.target.launch(request, signal);
    await waitUntil('the attempts', () => readLog(harness).includes('done'));

    expect(readLog(harness)).toBe('done\n');
    expect(readdirSync(files.dir)).toContain('log');
  });

  test('its variables reach it, and none of the programs before it', async ({ signal }) => {
    await using harness = await create();
    const env = {
      LD_PRELOAD: '/nonexistent/evil.so',
      BASH_ENV: '/evil',
      UID: '7',
      IFS: 'x',
      QUOTED: `'"$(id)\n\\`,
    };
    const command = [process.execPath, '-e', 'console.log(JSON.stringify(process.env))'];

    await harness.target.launch(harness.createRequest({ env, command }), signal);
    await waitForExit(harness, signal);

    const log = readLog(harness);
    const found = JSON.parse(log.split('\n').find((line) => line.startsWith('{')) ?? '{}') as Record<
      string,
      string
    >;
    expect(found).toMatchObject(env);
    expect(Object.keys(found).filter((name) => name.startsWith('RACETRACK_JOB_VARIABLE'))).toEqual([]);
    // The loader complains once: it was told only by the program that the job is.
    expect(log.match(/evil\.so/g)).toHaveLength(2);
  });

  test('its search path has nothing that it cannot reach', async ({ signal }) => {
    await using harness = await create();

    await harness.target.launch(harness.createRequest({ command: ['no-such-program'] }), signal);

    expect(await waitForExit(harness, signal)).toMatchObject({
      reason: 'exit code 127: the command was not found',
    });
  });

  test('its socket’s directory is closed to it once it listens', async ({ signal }) => {
    await using harness = await create();
    const { address } = await harness.target.launch(harness.createRequest(), signal);
    await requestJob(address);
    const directory = address.kind === 'unix' ? dirname(address.path) : '';

    await waitUntil('the seal', () => statSync(directory).uid === 0);

    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect((await requestJob(address)).startId).not.toBe('');
  });

  test('is killed when it puts a link in the place of its socket', async ({ signal }) => {
    await using harness = await create();
    const command = ['/bin/sh', '-c', 'ln -s /run/other.sock "$JOB_SOCKET"; sleep 60'];

    await harness.target.launch(harness.createRequest({ command }), signal);

    expect(await waitForExit(harness, signal)).toMatchObject({
      reason: 'it put something else in the place of its socket',
    });
  });

  test('a daemon that left its session and forgot its marks does not survive its removal', async ({
    signal,
  }) => {
    await using harness = await create();
    const daemon = 'env -i setsid sh -c "sleep 4711 & sleep 4711" &';
    const request = harness.createRequest({
      command: ['/bin/sh', '-c', `${daemon} sleep 0.3; echo started; sleep 60`],
    });
    await harness.target.launch(request, signal);
    await waitUntil('the daemon', () => readLog(harness).includes('started'));
    expect(listPids(request.account?.uid)).not.toEqual([]);

    await harness.target.remove(request.instanceId, GRACE, signal);

    expect(listPids(request.account?.uid)).toEqual([]);
  });

  test('ends with its shim', async ({ signal }) => {
    await using harness = await create();
    const request = harness.createRequest();
    await requestJob((await harness.target.launch(request, signal)).address);
    const { pid } = JSON.parse(readFileSync(filesOf(harness).process, 'utf8')) as { pid: number };

    process.kill(pid, 'SIGKILL');

    await waitUntil('the job to be gone', () => listPids(request.account?.uid).length === 0);
    expect(await harness.target.observeAll(signal)).toMatchObject([{ state: 'exited' }]);
  });
}

describe('an instance and its limits', () => {
  const hog = 'const all = []; setInterval(() => all.push(Buffer.alloc(4e6, 1)), 5)';
  const limits = { memoryMaxBytes: 128 * 1_024 * 1_024, cpuMaxMillicores: null };

  test.each([
    ['the kernel', {}, confinement.cgroup],
    ['measuring', { cgroups: 'off', watchIntervalMs: 100 }, { isAvailable: true } as const],
  ])('a job that takes too much memory is ended by %s, with the reason', async (_title, settings, needed) => {
    if (!needed.isAvailable) return;
    const signal = AbortSignal.timeout(30_000);
    await using harness = await createProcessTargetHarness(settings);
    const neighbour = harness.createRequest({ instanceId: 'neighbour', resources: limits });
    const { address } = await harness.target.launch(neighbour, signal);
    await requestJob(address);

    await harness.target.launch(
      harness.createRequest({ command: [process.execPath, '-e', hog], resources: limits }),
      signal,
    );

    expect(await waitForExit(harness, signal)).toMatchObject({
      reason: 'exceeded its memory limit of 128 MiB',
    });
    expect((await requestJob(address)).startId).not.toBe('');
  });

  test('a job that fills the disk is ended with the reason', async ({ signal }) => {
    await using harness = await createProcessTargetHarness({ diskLimitBytes: 20e6, watchIntervalMs: 50 });
    const fill = 'echo x >"$TMPDIR/extra"; head -c 30000000 /dev/zero >"$HOME/full"; sleep 60';
    const request = harness.createRequest({ command: ['/bin/sh', '-c', `ls "$HOME" "$TMPDIR"; ${fill}`] });
    const ended = { reason: 'exceeded its disk limit of 19.1 MiB' };

    await harness.target.launch(request, signal);
    expect(await waitForExit(harness, signal)).toMatchObject(ended);

    // What filled the disk is gone, or it would be ended again as soon as it starts.
    await harness.target.launch(request, signal);
    expect(await waitForExit(harness, signal)).toMatchObject(ended);
    expect(readLog(harness)).not.toMatch(/^(?:full|extra)$/m);
  });

  test('processor time that nothing limits here is told', async ({ signal }) => {
    await using harness = await createProcessTargetHarness({ cgroups: 'off' });
    const resources = { memoryMaxBytes: null, cpuMaxMillicores: 500 };

    const { warnings } = await harness.target.launch(harness.createRequest({ resources }), signal);

    expect(warnings).toEqual([expect.stringContaining('resources.cpu_max is not in force')]);
  });

  test('a job that prints without end does not fill the disk', async ({ signal }) => {
    await using harness = await createProcessTargetHarness({ maxLogBytes: 4e6, rotateIntervalMs: 100 });
    const command = ['/bin/sh', '-c', 'head -c 400000000 /dev/zero | tr "\\0" "a"; sleep 60'];
    const files = filesOf(harness);
    let peak = 0;

    await harness.target.launch(harness.createRequest({ command }), signal);
    await waitUntil('the output to settle', () => {
      const sizes = [files.log, files.oldLog].map(
        (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0,
      );
      peak = Math.max(
        peak,
        sizes.reduce((sum, size) => sum + size, 0),
      );
      return (sizes[1] ?? 0) > 0 && (sizes[0] ?? 0) <= 4e6;
    });

    expect(peak).toBeLessThan(400e6);
  });
});

function filesOf(harness: ProcessTargetHarness): ReturnType<typeof getInstanceFiles> {
  return getInstanceFiles(join(harness.dataDir, 'instances'), 'i-1');
}

function readLog(harness: ProcessTargetHarness): string {
  return readFileSync(filesOf(harness).log, 'utf8');
}

async function waitForExit({ target }: ProcessTargetHarness, signal: AbortSignal) {
  return await waitUntil(
    'the job to end',
    async () =>
      (await target.observeAll(signal)).find(
        ({ instanceId, state }) => instanceId === 'i-1' && state === 'exited',
      ),
    20_000,
  );
}

/** All processes of a user that are alive; one that was killed may wait for its parent to notice. */
function listPids(uid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return new RegExp(`^Uid:\\s+${uid}\\s`, 'm').test(status) && !/^State:\s+[ZX]/m.test(status);
      } catch {
        return false;
      }
    })
    .map(Number);
}
