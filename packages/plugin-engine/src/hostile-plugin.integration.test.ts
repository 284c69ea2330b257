import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createTemporaryDirectory, TEST_COMPILE_CACHE_DIR, waitUntil } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { describeNodeHost, dieWithParent } from './host-program.ts';
import { ON_DEMAND, OnDemandHost, type OnDemandHostOptions } from './on-demand-host.ts';
import { OUTPUT_BUDGET } from './output-budget.ts';

const SIGNAL = new AbortController().signal;
const ENV = { ...process.env, NODE_COMPILE_CACHE: TEST_COMPILE_CACHE_DIR };

describe('a hostile plugin in a process of its own', () => {
  test.each([
    ['exits', 'process.exit(3);', 'ended with exit code 3'],
    ['loops', 'for (;;);', 'it was not set up within 10 s'],
    ['allocates without bound', 'const all = []; for (;;) all.push({ all: [1, 2, 3] });', 'was ended by SIG'],
  ])('that %s in setup fails whoever asks, and nobody else', async (title, setup, error) => {
    await using host = await start(setup, undefined, undefined, title === 'loops' ? 1_500 : 20_000);

    await expect(host.describe(SIGNAL)).rejects.toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
      message: expect.stringContaining(error) as string,
    });
    expect(host.isRunning).toBe(false);
  });

  test('that says another name or version than its manifest is refused', async () => {
    await using host = await start('', { name: 'toy', version: '1.2.4' });

    expect((await host.describe(SIGNAL)).error).toContain('it is toy 1.2.3, the manifest toy 1.2.4');
  });

  test('that prints, also past the guard, is understood all the same; its output is logged within bounds', async () => {
    const texts: string[] = [];
    await using host = await start(
      `const { writeSync } = await import('node:fs');
       console.log('{"id":1,"result":"forged"}');
       writeSync(1, 'past the guard\\n');
       for (let i = 0; i < 5000; i += 1) console.log('noise', i);`,
      undefined,
      (text) => texts.push(text),
    );

    expect(await host.describe(SIGNAL)).toMatchObject({ id: 'toy', error: null });
    await waitUntil('its output', () => texts.some((text) => text.includes('noise')));
    expect(texts.length).toBeLessThan(1_000);
  });
});

describe('a plugin that harms whoever reads its pipes', () => {
  const act = async (host: OnDemandHost, what: string): Promise<unknown> =>
    await host.callHook('toy', 'run_action', { arguments: { what } }, { timeoutMs: 60_000, signal: SIGNAL });
  const ACTIONS = `
    const [{ writeSync }, { spawn }] = [await import('node:fs'), await import('node:child_process')];
    const short = Buffer.from('{"id":1,"result":1}\\n'.repeat(50_000));
    const long = Buffer.from('['.repeat(7_000_000) + '\\n');
    const forged = Buffer.from('{"id":2,"result":[' + '{},'.repeat(1_000_000) + '{}]}\\n');
    const pour = (fd, ...all) => {
      for (;;) for (const bytes of all) for (let at = 0; at < bytes.length; ) {
        try { at += writeSync(fd, bytes, at); } catch {}
      }
    };
    addHooks({ runAction({ what }) {
      if (what === 'answers') pour(1, short, long);
      if (what === 'errors') pour(2, short, long);
      if (what === 'values') pour(1, forged);
      if (what === 'much') return 'x'.repeat(5 * 1024 ** 2);
      if (what === 'text') return ',['.repeat(1024 ** 2);
      if (what === 'holder') return spawn('/bin/sleep', ['60'], { detached: true, stdio: 'inherit' }).pid;
      if (what === 'end') process.exit(3);
      return process.pid;
    } });`;

  test.each([
    ['answers', 'to its standard output'],
    ['errors', 'to its standard error'],
  ])('by %s without end is ended with its reason; others are answered meanwhile', async (what, reason) => {
    await using flooding = await start(ACTIONS, undefined, undefined, undefined, {
      outputBudget: { ...OUTPUT_BUDGET, endAfterMs: 1_000 },
    });
    await using other = await start(ACTIONS);
    const ends: string[] = [];
    flooding.onEnd(({ message }) => ends.push(message));
    const pid = await act(flooding, 'pid');
    await act(other, 'pid');
    const before = process.memoryUsage.rss();

    const flood = act(flooding, what).then(String, (error: Error) => error.message);
    let answered = 0;
    let most = 0;
    while (ends.length === 0) {
      await act(other, 'pid');
      answered += 1;
      most = Math.max(most, process.memoryUsage.rss() - before);
    }

    expect(await flood).toContain(reason);
    expect(ends).toEqual([expect.stringContaining(reason)]);
    expect(answered).toBeGreaterThan(10);
    expect(most).toBeLessThan(256 * 1024 ** 2);
    expect(await act(flooding, 'pid')).not.toBe(pid);
  });

  test('or takes too much memory is ended with that reason', async () => {
    let bytes = 1_000;
    const memory = {
      limitBytes: 1024 ** 3,
      intervalMs: 50,
      measure: async () => await Promise.resolve(bytes),
    };
    await using host = await start(ACTIONS, undefined, undefined, undefined, { memory });
    await act(host, 'pid');
    const end = Promise.withResolvers<string>();
    host.onEnd(({ message }) => end.resolve(message));

    bytes = 1024 ** 3 + 1;

    expect(await end.promise).toBe('the plugin was ended: it took more than 1024 MiB of memory');
  });

  test('by an answer too long, or of too many values, fails that call; a long text is none of those', async () => {
    await using host = await start(ACTIONS);

    await expect(act(host, 'values')).rejects.toThrow('more than 200000 values');
    await host.stop();
    await using next = await start(ACTIONS);
    await expect(act(next, 'much')).rejects.toThrow('longer than 4 MiB');
    expect(await act(next, 'text')).toHaveLength(2 * 1024 ** 2);
  });

  test('by a child that holds them is started again, and can be stopped', async () => {
    await using host = await start(ACTIONS);
    const pid = await act(host, 'pid');
    const holders = [Number(await act(host, 'holder'))];

    await expect(act(host, 'end')).rejects.toThrow('ended with exit code 3');
    await waitUntil('its end', () => !host.isRunning);
    expect(await act(host, 'pid')).not.toBe(pid);
    holders.push(Number(await act(host, 'holder')));
    await host.stop();

    for (const holder of holders) process.kill(holder, 'SIGKILL');
  });

  test('by not reading them is ended in the middle of a call, and at a stop', async () => {
    await using host = await start(ACTIONS, undefined, undefined, undefined, {
      suspectAfterMs: 300,
      probeTimeoutMs: 300,
    });
    process.kill(Number(await act(host, 'pid')), 'SIGSTOP');
    await expect(act(host, 'pid')).rejects.toThrow('no sign of life');

    await waitUntil('its end', () => !host.isRunning);
    process.kill(Number(await act(host, 'pid')), 'SIGSTOP');
    await host.stop();
  });
});

describe('the schema of jobtype_extra', () => {
  test('that is none makes the plugin unusable, with the reason', async () => {
    await using host = await start(
      'addJobType({ name: "x", version: "1.0.0", images: [], extraSchema: { type: 1 } });',
    );

    expect((await host.describe(SIGNAL)).error).toContain('extraSchema of x:1.0.0 is no JSON Schema');
  });

  test('is checked before the plugin is asked, naming the fields', async () => {
    await using host = await start(`addJobType({ name: 'x', version: '1.0.0', images: [], extraSchema: {
        type: 'object', required: ['entry'], additionalProperties: false,
        properties: { entry: { type: 'string' }, level: { enum: ['low', 'high'] } } } });
      addHooks({ validateJobManifest() { throw new Error('asked'); } });`);
    const validate = async (extra: object) => {
      const manifest = { name: 'job', version: '1', jobtype_extra: extra };
      const options = { timeoutMs: 20_000, signal: SIGNAL };
      await host.callHook('toy', 'validate_job_manifest', { manifest, jobType: 'x:1.0.0' }, options);
    };

    expect(await host.describe(SIGNAL)).toMatchObject({
      jobTypes: [{ extraSchema: { required: ['entry'] } }],
      hooks: ['validate_job_manifest'],
    });
    await expect(validate({ level: 'middle', entri: 'x' })).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringMatching(
        /(?=.*jobtype_extra\.entry is missing)(?=.*jobtype_extra\.entri is not known)(?=.*jobtype_extra\.level must be one of \["low","high"\])/,
      ) as string,
    });
    await expect(validate({ entry: 'job.py' })).rejects.toThrow('asked');
  });
});

test.runIf(process.platform === 'linux')(
  'a plugin that loops dies with the platform, however that ended',
  async () => {
    await using directory = await createTemporaryDirectory();
    writePlugin(directory.path, 'process.stderr.write(`pid ${process.pid}\\n`); for (;;);');
    const program = dieWithParent(describeNodeHost(ENV));
    const config = {
      plugins: [{ dir: join(directory.path, 'plugin'), dataDir: directory.path, settings: {} }],
    };
    // The platform.
    const source = `import { openHostConnection } from ${JSON.stringify(fileURLToPath(new URL('./host-connection.ts', import.meta.url)))};
      const log = ({ text }) => console.log(text);
      openHostConnection({ config: ${JSON.stringify(config)}, program: ${JSON.stringify(program)}, logger: { info: log, warn() {}, error() {} } });`;
    const platform = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: ENV,
    });
    let pid = 0;
    for await (const line of createInterface(platform.stdout)) {
      pid = Number(/^pid (\d+)$/.exec(line)?.[1] ?? 0);
      if (pid > 0) break;
    }
    expect(isAlive(pid)).toBe(true);

    platform.kill('SIGKILL');

    await waitUntil('the plugin to be gone', () => !isAlive(pid));
  },
);

async function start(
  setup: string,
  manifest?: Record<string, unknown>,
  onText: (text: string) => void = () => {},
  startTimeoutMs = 20_000,
  options: Partial<OnDemandHostOptions> = {},
): Promise<OnDemandHost> {
  const directory = await createTemporaryDirectory();
  writePlugin(directory.path, setup);
  const log = (fields: object, message: string): void =>
    onText('text' in fields ? String(fields.text) : message);
  const plugin = { dir: join(directory.path, 'plugin'), dataDir: directory.path, settings: {} };
  const host = new OnDemandHost({
    ...ON_DEMAND,
    startTimeoutMs,
    program: { ...describeNodeHost(ENV, ['--max-old-space-size=48']), isAlone: true },
    logger: { info: log, warn: log, error: log },
    config: { plugins: [{ ...plugin, ...(manifest && { manifest }) }], setupTimeoutMs: 10_000 },
    ...options,
  });
  const stop = host.stop.bind(host);
  host[Symbol.asyncDispose] = async () => {
    await stop();
    await directory[Symbol.asyncDispose]();
  };
  return host;
}

function writePlugin(root: string, setup: string): void {
  mkdirSync(join(root, 'plugin'));
  const source = `export default {
    id: 'toy', version: '1.2.3', apiVersion: 1, category: 'core',
    async setup({ addJobType, addHooks }) { ${setup} },
  };`;
  writeFileSync(join(root, 'plugin', 'plugin.mjs'), source);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
