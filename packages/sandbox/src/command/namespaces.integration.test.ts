import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTemporaryDirectory, waitUntil, type TemporaryDirectory } from '@racetrack-platform/testing';
import { detectConfinement } from '../detect/detect-confinement.ts';
import { findByArgument } from '../testing/processes.ts';
import { runScript, startConfined, TEST_ACCOUNT } from '../testing/run-confined.ts';
import type { Namespaces } from './confinement-options.ts';

const { tools, namespaces } = await detectConfinement();
const skipped = namespaces.isAvailable ? '' : ` (skipped: ${namespaces.reason})`;

/** A data directory with a job of ours and one of somebody else, and a program that only root could reach. */
async function createDataDirectory(): Promise<TemporaryDirectory & { readonly view: Namespaces }> {
  const directory = await createTemporaryDirectory();
  const dataDir = join(directory.path, 'data');
  const [own, source, other] = [join(dataDir, 'own/work'), join(dataDir, 'source'), join(dataDir, 'other')];
  const locked = join(directory.path, 'locked');
  const program = join(locked, 'bin');
  for (const dir of [own, source, other, program]) await mkdir(dir, { recursive: true });
  await chmod(locked, 0o700);
  await writeFile(join(source, 'app.txt'), 'source');
  await writeFile(join(other, 'secret'), 'secret');
  await writeFile(join(program, 'interpreter'), '#!/bin/sh\necho interpreter "$@"\n', { mode: 0o755 });
  if (tools.isRoot) await chown(own, TEST_ACCOUNT.uid, TEST_ACCOUNT.gid);
  await chmod(own, 0o700);
  const view = {
    hidden: [dataDir],
    readOnly: [source, program],
    writable: [own],
    temporaryDir: null,
    cwd: own,
  };
  return { ...directory, view };
}

describe.skipIf(!namespaces.isAvailable)(`a process with a view of its own${skipped}`, () => {
  test('sees its own data only, and writes where it may', async () => {
    await using data = await createDataDirectory();
    const root = data.path;

    const { output, exitCode } = await runScript(
      tools,
      [
        'pwd; echo kept >written && cat written',
        `ls ${root}/data; ls ${root}/data/own; cat ${root}/data/source/app.txt; echo`,
        `for file in ${root}/data/x ${root}/data/source/x ${root}/locked/bin/x /usr/x /etc/x /x /run/x; do`,
        '  (echo x >$file) 2>/dev/null && echo "could write $file"',
        'done',
        `cat ${root}/data/other/secret 2>/dev/null`,
        'exit 5',
      ].join('\n'),
      { namespaces: data.view },
    );

    expect(output).toBe(`${root}/data/own/work\nkept\nown\nsource\nwork\nsource\n`);
    expect(exitCode).toBe(5);
  });

  test('can use a program that lies where its account cannot go', async () => {
    await using data = await createDataDirectory();

    const { output } = await runScript(tools, `${data.path}/locked/bin/interpreter works`, {
      namespaces: data.view,
    });

    expect(output).toBe('interpreter works\n');
  });

  test('sees neither the processes, homes, shared memory nor temporary files of others', async () => {
    await using data = await createDataDirectory();
    await writeFile(join(data.path, 'public'), '', { mode: 0o666 });
    const script = [
      'ls -A /root /home /run /dev/shm /tmp /var/tmp 2>/dev/null | grep -v -e : -e "^$" -e "^rt-" | sort -u',
      'ls /proc | grep -c "^[0-9]"',
      `ls ${data.path}/public 2>/dev/null`,
      'echo x >/tmp/mine && echo x >/dev/shm/mine && echo x >/var/tmp/mine && echo private',
    ].join('\n');

    const { output } = await runScript(tools, script, { namespaces: data.view });

    // Process 1, the shell, the programs of one pipeline; the machine has many more.
    expect(output).toMatch(/^[3-5]\nprivate\n$/);
  });

  test('keeps its temporary files where the disk quota counts them', async () => {
    await using data = await createDataDirectory();
    const temporaryDir = data.view.cwd;

    await runScript(tools, 'echo x >/tmp/a; echo y >/var/tmp/b', {
      namespaces: { ...data.view, temporaryDir },
    });
    const { output } = await runScript(tools, 'cat a b', { namespaces: data.view });

    expect(output).toBe('x\ny\n');
  });

  test('has no capabilities, and cannot get any back', async () => {
    await using data = await createDataDirectory();

    const { output } = await runScript(tools, 'cat /proc/self/status', { namespaces: data.view });

    // Only root may empty the bounding set; without capabilities it has no meaning under no_new_privs.
    const sets = tools.isRoot ? /^Cap\w+:\s+0+$/gm : /^Cap(?:(?!Bnd)\w)+:\s+0+$/gm;
    expect(output.match(sets)).toHaveLength(tools.isRoot ? 5 : 4);
    expect(output).toMatch(/^NoNewPrivs:\s+1$/m);
  });

  test.each([
    ['the process that was spawned', 1],
    ['its process group', -1],
  ])('gets SIGTERM that is sent to %s, and its code comes out', async (_title, sign) => {
    await using data = await createDataDirectory();
    const script = 'trap "echo got it; exit 42" TERM; echo ready; while :; do sleep 0.05; done';
    const run = startConfined(tools, ['/bin/sh', '-c', script], { namespaces: data.view });
    await waitUntil('the command to be ready', () => run.output().includes('ready'));

    process.kill(sign * run.pid, 'SIGTERM');

    expect(await run.ended).toEqual({ exitCode: 42, signal: null });
    expect(run.output()).toContain('got it');
  });

  test('ends by a SIGTERM that arrives while it is being started', async () => {
    await using data = await createDataDirectory();
    for (const delayMs of [0, 2, 4, 6, 8, 12, 20]) {
      const run = startConfined(tools, ['/bin/sleep', '30'], { namespaces: data.view });
      await new Promise((resolve) => setTimeout(resolve, delayMs));

      process.kill(run.pid, 'SIGTERM');

      const { exitCode, signal } = await run.ended;
      expect(exitCode === 143 || signal === 'SIGTERM').toBe(true);
    }
  });

  test.each(['its end', 'SIGKILL to the process that was spawned'])(
    'takes daemons along that have left its session and its environment, on %s',
    async (how) => {
      await using data = await createDataDirectory();
      const mark = randomUUID();
      const daemon = `setsid env -i /bin/sh -c 'setsid /bin/sleep 60 & /bin/sleep 60; :' ${mark} >/dev/null 2>&1 &`;
      const end = how === 'its end' ? 'exit 0' : 'sleep 60';
      const script = `${daemon}\nsleep 0.3\necho started\n${end}`;
      const run = startConfined(tools, ['/bin/sh', '-c', script], { namespaces: data.view });
      await waitUntil('the daemon', () => run.output().includes('started') || how === 'its end');

      if (how !== 'its end') process.kill(run.pid, 'SIGKILL');
      await run.ended;

      await waitUntil('the daemon to be gone', () => findByArgument(mark).length === 0);
      expect(findByArgument(mark)).toEqual([]);
    },
  );
});

describe.skipIf(!namespaces.isAvailable || !tools.isRoot)('without root', () => {
  test('an ordinary user gets the same view by a user namespace, where the machine allows it', async (context) => {
    await using data = await createDataDirectory();
    await chmod(data.path, 0o755);
    await chmod(join(data.path, 'locked'), 0o755);
    const user = { ...tools, isRoot: false, prlimit: null };
    const run = async (script: string): Promise<{ exitCode: number | null; output: string }> => {
      const [uid, gid] = [TEST_ACCOUNT.uid, TEST_ACCOUNT.gid];
      const inner = startConfined(user, ['/bin/sh', '-c', script], {
        account: null,
        namespaces: data.view,
        become: [tools.setpriv ?? '', '--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups', '--'],
      });
      const { exitCode } = await inner.ended;
      return { exitCode, output: inner.output() };
    };
    const trial = await run('exit 7');
    if (trial.exitCode !== 7) return context.skip(`no user namespaces here: ${trial.output}`);

    const { output } = await run(`id -u; ls ${data.path}/data; echo x >written; cat written; ls /root`);

    expect(output).toBe(`${TEST_ACCOUNT.uid}\nown\nsource\nx\n`);
  });
});
