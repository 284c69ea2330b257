import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporaryDirectory, waitUntil } from '@racetrack-platform/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeNodeHost, describePythonHost } from './host-program.ts';
import { ON_DEMAND, OnDemandHost, type OnDemandHostOptions } from './on-demand-host.ts';

const SIGNAL = new AbortController().signal;
const QUIET = { info() {}, warn() {}, error() {} };

/** The same plugin in both languages. */
const LANGUAGES = {
  JavaScript: {
    file: 'plugin.js',
    program: describeNodeHost(process.env),
    stuck: 'for (;;);',
    source: `export default {
      id: 'toy', version: '1.2.3', apiVersion: 1, category: 'core',
      setup({ addHooks }) {
        addHooks({ runAction({ what }) {
          if (what === 'end') process.exit(1);
          if (what === 'hang') for (;;);
          return { pid: process.pid, what };
        } });
      },
    };`,
  },
  Python: {
    file: 'plugin.py',
    program: describePythonHost(process.env, 'python3'),
    stuck: 'while True: pass',
    source: `import os, time
class Plugin:
    def run_action(self, what):
        if what == 'end': os._exit(1)
        if what == 'hang': time.sleep(600)
        return {'pid': os.getpid(), 'what': what}
`,
  },
};

describe.each(Object.entries(LANGUAGES))('a plugin in %s', (_title, { file, program, source, stuck }) => {
  let directory: Awaited<ReturnType<typeof createTemporaryDirectory>>;
  const hosts: OnDemandHost[] = [];

  beforeEach(async () => {
    directory = await createTemporaryDirectory();
  });
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map(async (host) => await host.stop()));
    await directory[Symbol.asyncDispose]();
  });

  async function create(
    options: Partial<OnDemandHostOptions> = {},
    text = source,
    setupTimeoutMs = 10_000,
  ): Promise<OnDemandHost> {
    const dir = join(directory.path, 'plugin');
    const dataDir = join(directory.path, 'data');
    await Promise.all([dir, dataDir].map(async (path) => await mkdir(path)));
    await writeFile(join(dir, file), text);
    const manifest = { name: 'toy', version: '1.2.3' };
    const config = { plugins: [{ dir, dataDir, settings: {}, manifest }], setupTimeoutMs };
    const host = new OnDemandHost({ ...ON_DEMAND, config, logger: QUIET, program, ...options });
    hosts.push(host);
    return host;
  }

  const act = async (host: OnDemandHost, what: string, timeoutMs = 20_000): Promise<{ pid: number }> =>
    (await host.callHook('toy', 'run_action', { arguments: { what } }, { timeoutMs, signal: SIGNAL })) as {
      pid: number;
    };

  test('has no process until it is needed, one for all calls, and none any more when it is not', async () => {
    const host = await create({ idleMs: 300 });
    expect(host.isRunning).toBe(false);

    const answers = await Promise.all(['a', 'b', 'c'].map(async (what) => await act(host, what)));
    const [first] = answers;

    expect(answers.map(({ pid }) => pid)).toEqual(answers.map(() => first?.pid));
    expect(await host.describe(SIGNAL)).toMatchObject({ id: 'toy', hooks: ['run_action'], error: null });
    await waitUntil('its end', () => !host.isRunning);
    await waitUntil('its process to be gone', () => !isAlive(first?.pid));
    expect((await act(host, 'again')).pid).not.toBe(first?.pid);
  });

  test('that ends by itself fails its calls and is started again, unless it does so again and again', async () => {
    const host = await create({ crashesBeforePause: 2, pauseMs: 60_000 });

    await expect(act(host, 'end')).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    expect(await act(host, 'a')).toMatchObject({ what: 'a' });
    await expect(act(host, 'end')).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    await expect(act(host, 'end')).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    await expect(act(host, 'a')).rejects.toMatchObject({
      hint: expect.stringContaining('tried again') as string,
    });
  });

  test('that hangs is ended and started again', async () => {
    const host = await create({ probeTimeoutMs: 500 });
    const { pid } = await act(host, 'a');

    await expect(act(host, 'hang', 500)).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });

    await waitUntil('its process to be ended', () => !isAlive(pid));
    expect((await act(host, 'a')).pid).not.toBe(pid);
  });

  test('that never gets ready is told so, in the same words', async () => {
    const host = await create({ startTimeoutMs: 1_500 }, stuck, 500);

    const outcome = await host.describe(SIGNAL).then(
      ({ error }) => error,
      (error: Error) => error.message,
    );

    expect(outcome).toBe('it was not set up within 0.5 s');
  });

  test('is ended when it is removed, also while it starts', async () => {
    const host = await create();
    const call = act(host, 'a');
    await host.stop();

    await Promise.allSettled([call]);
    await expect(act(host, 'a')).rejects.toMatchObject({ message: 'the plugin was removed' });
    expect(host.isRunning).toBe(false);
  });
});

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}
