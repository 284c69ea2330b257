import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  collect,
  createTemporaryDirectory,
  TEST_COMPILE_CACHE_DIR,
  waitUntil,
} from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { startPluginHost, type PluginHost, type StartPluginHostOptions } from './plugin-host.ts';

const MANIFEST = { name: 'adder', version: '1.0.0', jobtypeExtra: { a: 1 }, systemDependencies: ['git'] };
const NO_SIGNAL = new AbortController().signal;

/** Sources of plugins, as their `plugin.js`. */
const GOOD = jobTypePlugin('good', 'return plan(manifest.name);');

describe('plugin host, loading', () => {
  test('describes what each plugin offers', async () => {
    await using host = await start({ good: GOOD, target: targetPlugin('yield "x";') });

    expect(host.jobTypes()).toMatchObject([
      {
        fullName: 'good:1.2.3',
        plugin: 'good',
        isNative: true,
        images: [{ source: 'jobtype', template: true }],
      },
    ]);
    expect(host.targets()).toEqual([{ name: 'fake', runs: 'native', scope: 'host', plugin: 'target' }]);
  });

  test('plugins that fail, each in its own way, are reported and harm no other', async () => {
    const bad: Record<string, readonly [source: string, error: string]> = {
      throws: [plugin('bad', 'throw new Error("no disk")'), 'no disk (plugin.js:'],
      syntax: ['export default {', 'Unexpected end of input'],
      shapeless: ['export default { id: "bad" };', 'the default export'],
      hangs: [plugin('bad', 'await new Promise(() => {})'), 'it was not set up within 0.5 s'],
      packageless: [
        `import 'left-pad'; ${GOOD}`,
        "Cannot find package 'left-pad' imported from plugin.js. Packages of npm belong into",
      ],
      misspelt: [
        plugin('bad', 'arguments[0].addHooks({ postJobDeplay() {} })'),
        'did you mean postJobDeploy?',
      ],
      versionless: [plugin('bad', 'addJobType({ name: "x", images: [] })'), 'addJobType'],
      halfTarget: [plugin('bad', 'addInfrastructureTarget({ name: "x" })'), 'addInfrastructureTarget'],
      fromTheFuture: [GOOD.replace('apiVersion: 1', 'apiVersion: 2'), 'apiVersion'],
    };
    const sources = Object.entries(bad).map(([name, [source]]) => [name, source] as const);
    await using host = await start({ ...Object.fromEntries(sources), good: GOOD });

    for (const [index, [, error]] of Object.values(bad).entries()) {
      const description = host.describe()[index];
      expect(description?.error).toContain(error);
      expect(description).toMatchObject({ jobTypes: [], targets: [] });
    }
    await expect(host.planNative('good:1.2.3', MANIFEST, NO_SIGNAL)).resolves.toBeDefined();
  });

  test('of two plugins with one job type the first keeps it and the second is told', async () => {
    await using host = await start({ good: GOOD, twin: GOOD.replace("id: 'good'", "id: 'twin'") });

    expect(host.jobTypes().map((jobType) => jobType.plugin)).toEqual(['good']);
    expect(host.describe()[1]?.error).toBe('job type good:1.2.3 is already provided by plugin good');
  });

  test('a plugin sees its data directory and nothing of the environment that belongs to the platform', async () => {
    const source = plugin(
      'curious',
      `const { writeFileSync } = await import('node:fs');
       writeFileSync(dataDir + '/seen.json', JSON.stringify({ env: process.env, settings }));`,
    );
    await using host = await start({ curious: source });

    const text = readFileSync(join(host.root, 'data', 'curious', 'seen.json'), 'utf8');

    expect(text).not.toContain('sesame');
    expect(JSON.parse(text)).toMatchObject({ settings: { colour: 'red' } });
  });
});

describe('plugin host, calls', () => {
  test('planNative hands over the manifest and answers the plan', async () => {
    await using host = await start({ good: GOOD });

    await expect(host.planNative('good:1.2.3', MANIFEST, NO_SIGNAL)).resolves.toMatchObject({
      run: { command: ['run', 'adder'] },
    });
    await expect(host.planNative('good:9.9.9', MANIFEST, NO_SIGNAL)).rejects.toMatchObject({
      code: 'JOB_TYPE_UNKNOWN',
    });
    expect(() => host.target('nowhere')).toThrow(expect.objectContaining({ code: 'TARGET_UNAVAILABLE' }));
  });

  test.each([
    [
      'answers a plan of another shape',
      'return { run: 1 };',
      { code: 'PLUGIN_FAILED', message: /plugin good, planNative/ },
    ],
    ['throws a bug', 'null.x;', { code: 'PLUGIN_FAILED', message: /plugin good, planNative: .*null/ }],
    [
      'refuses the manifest',
      `throw Object.assign(new Error('no such class'), {
        [Symbol.for('racetrack.platform-error')]: true, code: 'MANIFEST_INVALID', hint: 'Name one.' });`,
      { code: 'MANIFEST_INVALID', message: /no such class/, hint: 'Name one.' },
    ],
  ])('a plugin that %s is told by code', async (_title, body, { message, ...rest }) => {
    await using host = await start({ good: jobTypePlugin('good', body) });

    const planning = host.planNative('good:1.2.3', MANIFEST, NO_SIGNAL);

    await expect(planning).rejects.toMatchObject(rest);
    await expect(planning).rejects.toThrow(message);
  });

  test('a call that takes too long is PLUGIN_UNAVAILABLE, and the plugin is told to stop', async () => {
    const source = jobTypePlugin(
      'good',
      `if (manifest.name === 'slow') {
         await new Promise((resolve) => signal.addEventListener('abort', resolve));
         globalThis.stopped = true;
       }
       return plan(String(globalThis.stopped));`,
    );
    await using host = await start({ good: source }, { callTimeoutMs: 300 });

    await expect(
      host.planNative('good:1.2.3', { ...MANIFEST, name: 'slow' }, NO_SIGNAL),
    ).rejects.toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
      message: 'plugin good did not answer planNative within 300 ms',
    });
    await waitUntil('the plugin to stop', async () => {
      const { run } = await host.planNative('good:1.2.3', MANIFEST, NO_SIGNAL);
      return run.command[1] === 'true';
    });
  });

  test('an aborted call rejects at once with the reason of the signal', async () => {
    await using host = await start({ good: jobTypePlugin('good', 'await new Promise(() => {});') });
    const abort = new AbortController();
    const planning = host.planNative('good:1.2.3', MANIFEST, abort.signal);

    setTimeout(() => abort.abort(new Error('enough')), 50);

    await expect(planning).rejects.toThrow('enough');
  });

  test('what plugins print never reaches the protocol', async () => {
    const body = `const { writeSync } = await import('node:fs');
      console.log('noise'); process.stdout.write('{"id":1,"result":null}\\n'); writeSync(1, 'raw noise\\n');
      return plan('x');`;
    await using host = await start({ good: jobTypePlugin('good', body) });

    await expect(host.planNative('good:1.2.3', MANIFEST, NO_SIGNAL)).resolves.toBeDefined();
    await waitUntil('the output in the log', () => host.messages.includes('plugin output: noise'));
    expect(host.messages).toContain('a plugin printed past the protocol: raw noise');
  });
});

describe('plugin host, crashes', () => {
  const CRASHING = jobTypePlugin(
    'good',
    `if (manifest.name === 'crash') process.kill(process.pid, 'SIGKILL');
     if (manifest.name === 'throw') setTimeout(() => { throw new Error('later'); }, 1);
     if (manifest.name === 'loop') for (;;) {}
     if (manifest.name === 'forget') void Promise.reject(new Error('forgotten'));
     if (manifest.name !== 'adder' && manifest.name !== 'forget') await new Promise(() => {});
     return plan(String(process.pid));`,
  );

  test.each(['crash', 'throw'])(
    'a host that ends (%s) rejects the calls under way and comes back',
    async (name) => {
      await using host = await start({ good: CRASHING });
      const plan = async (job: string): Promise<string> =>
        (await host.planNative('good:1.2.3', { ...MANIFEST, name: job }, NO_SIGNAL)).run.command[1] ?? '';
      const before = await plan('adder');

      const failures = await Promise.allSettled([plan('other'), plan(name)]);

      expect(failures).toMatchObject([
        { reason: { code: 'PLUGIN_UNAVAILABLE' } },
        { reason: { code: 'PLUGIN_UNAVAILABLE' } },
      ]);
      expect(await plan('adder')).not.toBe(before);
    },
  );

  test('a rejection that a plugin forgot ends nothing', async () => {
    await using host = await start({ good: CRASHING });

    await host.planNative('good:1.2.3', { ...MANIFEST, name: 'forget' }, NO_SIGNAL);
    await host.planNative('good:1.2.3', MANIFEST, NO_SIGNAL);

    expect(host.messages).not.toContain('the plugin host is restarted');
  });

  test('a host that is stuck in a loop is ended and comes back', async () => {
    await using host = await start({ good: CRASHING }, { callTimeoutMs: 500, probeTimeoutMs: 300 });
    const looping = { ...MANIFEST, name: 'loop' };

    await expect(host.planNative('good:1.2.3', looping, NO_SIGNAL)).rejects.toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
    });

    await waitUntil(
      'the host to answer',
      async () => await host.planNative('good:1.2.3', MANIFEST, NO_SIGNAL),
    );
    expect(host.messages).toContain('the plugin host is stuck and is ended');
  });

  test('a host that cannot be started is PLUGIN_UNAVAILABLE', async () => {
    await expect(start({}, { nodeArgs: ['--no-such-option'] })).rejects.toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
      message: 'the plugin host ended with exit code 9',
    });
  });

  test('a stopped host refuses calls and does not come back', async () => {
    const host = await start({ good: GOOD });

    await host.stop();

    await expect(host.planNative('good:1.2.3', MANIFEST, NO_SIGNAL)).rejects.toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
    });
    await host[Symbol.asyncDispose]();
  });
});

describe('plugin host, streams', () => {
  test('yields every item in order, beyond the window', async () => {
    await using host = await start({
      target: targetPlugin('for (let i = 0; i < 1000; i += 1) yield `line ${i}`;'),
    });

    const lines = await collect(host.target('fake').logs('i', { tail: null, follow: false }, NO_SIGNAL));

    expect(lines).toEqual(Array.from({ length: 1000 }, (_, index) => `line ${index}`));
  });

  test('a slow reader holds the plugin back, and leaving the loop stops it', async () => {
    const source = targetPlugin(
      `try {
         for (let i = 0; ; i += 1) { globalThis.made = i; yield String(i); }
       } finally { globalThis.finished = true; }`,
      'return [{ instanceId: String(globalThis.finished), memoryBytes: globalThis.made, cpuSeconds: null }];',
    );
    await using host = await start({ target: source });
    const target = host.target('fake');
    const lines = target.logs('i', { tail: null, follow: true }, NO_SIGNAL)[Symbol.asyncIterator]();
    await lines.next();

    const held = await waitUntil('the plugin to wait', async () => {
      const [stats] = await target.stats(NO_SIGNAL);
      return (stats?.memoryBytes ?? 0) >= 256 && stats;
    });
    await lines.return?.();

    expect(held).toMatchObject({ instanceId: 'undefined', memoryBytes: 256 });
    await waitUntil(
      'the plugin to stop',
      async () => (await target.stats(NO_SIGNAL))[0]?.instanceId === 'true',
    );
  });

  test('an error of the plugin comes after its items', async () => {
    await using host = await start({ target: targetPlugin('yield "one"; throw new Error("broken");') });
    const lines: string[] = [];

    const reading = (async () => {
      const stream = host.target('fake').logs('i', { tail: null, follow: false }, NO_SIGNAL);
      for await (const line of stream) lines.push(line);
    })();

    await expect(reading).rejects.toMatchObject({ code: 'PLUGIN_FAILED' });
    expect(lines).toEqual(['one']);
  });

  test('an item of another type breaks the contract', async () => {
    await using host = await start({ target: targetPlugin('yield 1;') });

    await expect(
      collect(host.target('fake').logs('i', { tail: null, follow: false }, NO_SIGNAL)),
    ).rejects.toMatchObject({ code: 'PLUGIN_FAILED' });
  });
});

type TestHost = PluginHost & { readonly root: string; readonly messages: readonly string[] };

/** @param sources - id to `plugin.js`, in the order of the configuration. */
async function start(
  sources: Readonly<Record<string, string>>,
  options: Partial<StartPluginHostOptions> = {},
): Promise<TestHost> {
  const directory = await createTemporaryDirectory();
  const plugins = Object.entries(sources).map(([id, source]) => {
    const dir = join(directory.path, id);
    mkdirSync(dir);
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module', exports: './plugin.js' }));
    writeFileSync(join(dir, 'plugin.js'), source);
    return { dir, dataDir: join(directory.path, 'data', id), settings: { colour: 'red' } };
  });
  const messages: string[] = [];
  const log = (fields: object, message: string): void => {
    messages.push('text' in fields ? `${message}: ${String(fields.text)}` : message);
  };
  const host = await startPluginHost({
    plugins,
    logger: { info: log, warn: log, error: log },
    env: { ...process.env, NODE_COMPILE_CACHE: TEST_COMPILE_CACHE_DIR, RACETRACK_SECRET: 'sesame' },
    setupTimeoutMs: 500,
    restartDelayMs: 10,
    ...options,
  });
  return {
    ...host,
    root: directory.path,
    messages,
    [Symbol.asyncDispose]: async () => {
      await host.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

function plugin(id: string, setup: string): string {
  return `const plan = (name) => ({
    environment: { inputs: {}, files: [], expiresAfterMs: null, steps: [] },
    requiredFiles: [], steps: [], run: { command: ['run', name], env: {} },
  });
  export default {
    id: '${id}', version: '1.0.0', apiVersion: 1, category: 'core',
    async setup({ dataDir, settings, addJobType, addInfrastructureTarget, log }) { ${setup} },
  };`;
}

function jobTypePlugin(id: string, planNative: string): string {
  return plugin(
    id,
    `addJobType({
       name: 'good', version: '1.2.3', images: [{ dockerfilePath: 'Dockerfile' }],
       async planNative(manifest, signal) { ${planNative} },
     });`,
  );
}

function targetPlugin(logs: string, stats = 'return [];'): string {
  return plugin(
    'target',
    `addInfrastructureTarget({
       name: 'fake', runs: 'native', scope: 'host',
       async launch() {}, async remove() {}, async observeAll() { return []; },
       async *logs() { ${logs} },
       async stats() { ${stats} },
     });`,
  );
}
