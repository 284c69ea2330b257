import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectConfinement } from '@racetrack-platform/sandbox';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ACCOMPLICE, BAIT, DEEP, FLOODER, MOVER, SENDER, startAccomplice } from '../testing/accomplices.ts';
import { planOf, requestOf, runBuilderProcess, shell } from '../testing/builder-process.ts';
import { createRepository, type TestRepository } from '../testing/git-repository.ts';

const isRoot = process.getuid?.() === 0;
const confinement = await detectConfinement();
const ALICE = { uid: 1_879_048_911, gid: 1_879_048_911 };
const BOB = { uid: 1_879_048_912, gid: 1_879_048_912 };
const CAROL = { uid: 1_879_048_913, gid: 1_879_048_913 };

let root: string;
let repository: TestRepository;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rt-confined-'));
  // As the data directory is: others may pass, not look.
  await chmod(root, 0o711);
  await mkdir(join(root, 'keys'), { mode: 0o700 });
  await writeFile(join(root, 'keys', 'secret'), 'hunter22', { mode: 0o600 });
  await mkdir(join(root, 'clone', 'plugin'), { recursive: true });
  await writeFile(join(root, 'clone', 'plugin', 'tool'), 'echo the tool');
  await chmod(join(root, 'clone'), 0o700);
  repository = await createRepository(join(root, 'repository'), {
    'main.py': 'x = 1\n',
    'run.sh': '#!/bin/sh\n',
  });
});

afterEach(async () => await rm(root, { recursive: true, force: true }));

function request(script: string, changes: Partial<BuildRequest> = {}): BuildRequest {
  const environment = { steps: [shell(script)] };
  return requestOf(join(root, 'builds'), repository.dir, {
    pluginDir: join(root, 'clone', 'plugin'),
    plan: planOf({ environment }),
    account: ALICE,
    tools: confinement.tools,
    hiddenDirs: [root],
    owner: 'alice',
    ...changes,
  });
}

/** Modes of everything in a tree that belongs to root, shallow entries first. */
async function listModes(dir: string): Promise<string[]> {
  const paths = ['.', ...(await readdir(dir, { recursive: true }))].sort(
    (a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1),
  );
  return await Promise.all(
    paths.map(async (path) => {
      const { mode, uid } = await lstat(join(dir, path));
      return `${(mode & 0o7777).toString(8)} ${path}${uid === 0 ? '' : ` of ${uid}`}`;
    }),
  );
}

describe.runIf(isRoot && confinement.accounts.isAvailable)('a confined build', () => {
  test('is nobody, sees its own files, and cannot look at what is ours', async () => {
    const script = [
      'id -u; id -G; grep NoNewPrivs /proc/self/status; echo HOME=$HOME; touch "$HOME/a" "$TMPDIR/b" here',
      'sh ${plugin}/tool',
      `cat ${root}/keys/secret; ls ${root}/repository ${root}/builds/sources ${root}/builds/workspaces`,
      'cat /etc/shadow; touch /etc/mine /usr/mine ${plugin}/mine',
      'true',
    ].join('\n');
    const { log, error } = await runBuilderProcess(request(script));

    expect(error).toBeUndefined();
    expect(log).toMatch(new RegExp(`^${ALICE.uid}\\n${ALICE.gid}\\nNoNewPrivs:\\t1$`, 'm'));
    expect(log).toContain('the tool');
    expect(log).not.toMatch(/hunter22|root:|main\.py/);
    expect(log.match(/cannot touch/g)).toHaveLength(3);
  });

  test('leaves files that are ours, readable for all, writable for nobody, and nothing but files', async () => {
    const script = [
      'cd ${environment}; mkdir -p bin; cp /bin/true bin/tool; chmod 6777 bin/tool; chmod 700 bin',
      'echo data > private; chmod 600 private; ln private second; ln -s /etc/passwd link; mkfifo pipe',
      `python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('sock')"`,
    ].join('\n');
    const { result, error } = await runBuilderProcess(request(script));

    expect(error).toBeUndefined();
    const dir = result?.environmentDir ?? '';
    expect((await readdir(dir)).sort()).toEqual(['bin', 'link', 'private', 'second']);
    const mode = async (path: string): Promise<string> => {
      const { uid, gid, mode: bits } = await lstat(join(dir, path));
      expect([path, uid, gid]).toEqual([path, 0, 0]);
      return (bits & 0o7777).toString(8);
    };
    expect([await mode('.'), await mode('bin'), await mode('bin/tool'), await mode('private')]).toEqual([
      '755',
      '755',
      '755',
      '644',
    ]);
    await mode('link');
    expect((await lstat(join(result?.sourceDir ?? '', 'run.sh'))).mode & 0o7777).toBe(0o755);
  });

  test.each(['bubblewrap', 'accounts alone'])(
    'keeps its result from a process outside that a step has given open files to, with %s',
    async (how) => {
      const tools = how === 'bubblewrap' ? confinement.tools : { ...confinement.tools, bwrap: null };
      const address = `rt-accomplice-${process.pid}-${how.length}`;
      using accomplice = await startAccomplice(ACCOMPLICE, address, BOB);
      const script = [
        'cd ${environment}; echo "value = 1" > module.py; touch -d 2001-02-03T04:05:06 module.py; chmod 777 . module.py',
        `python3 -c "$0" ${address}`,
      ].join('\n');
      const steps = [{ title: 'Sending', command: ['sh', '-c', script, SENDER] }];
      const { result, error } = await runBuilderProcess(
        request('', { tools, plan: planOf({ environment: { steps } }) }),
      );
      expect(error).toBeUndefined();

      const told = accomplice.hear();
      accomplice.goOn();
      expect(await told).toBe('refused\n');
      const dir = result?.environmentDir ?? '';
      expect(await readdir(dir)).toEqual(['module.py']);
      expect(await readFile(join(dir, 'module.py'), 'utf8')).toBe('value = 1\n');
      // Compiled code is valid for the time of its source.
      expect((await lstat(join(dir, 'module.py'))).mtime.getFullYear()).toBe(2001);
    },
  );

  test.each([
    ['its home is removed', '${HOME}'],
    ['its downloads go to another account', '${cache}'],
  ])('reaches no file of ours through links that somebody else moves while %s', async (_title, place) => {
    const address = `rt-mover-${process.pid}-${place.length}`;
    using _mover = await startAccomplice(MOVER, address, BOB);
    const command = ['sh', '-c', `python3 -c "$0" ${place}/bait "$1" ${address}`, BAIT, join(root, 'keys')];
    const steps = [{ title: 'Laying the bait', command }];

    const laid = await runBuilderProcess(request('', { plan: planOf({ environment: { steps } }) }));
    const next = await runBuilderProcess(request(`ls ${place}`, { account: CAROL }));

    expect(laid.error ?? next.error).toBeUndefined();
    const { uid, mode } = await lstat(join(root, 'keys', 'secret'));
    expect([uid, mode & 0o777]).toEqual([0, 0o600]);
  });

  test('leaves nothing, also where somebody else goes on making files deep in its folders', async () => {
    const address = `rt-flooder-${process.pid}`;
    using flooder = await startAccomplice(FLOODER, address, BOB);
    const told = flooder.hear();
    const steps = [{ title: 'Digging', command: ['python3', '-c', DEEP, address] }];

    const { error } = await runBuilderProcess(request('', { plan: planOf({ environment: { steps } }) }));

    expect(error).toBeUndefined();
    expect(await readdir(join(root, 'builds', 'workspaces'))).toEqual([]);
    expect(await told).toBe('refused\n');
  });

  test('has nothing made in our folders through links in its own', async () => {
    const [, , first = ''] = root.split('/');
    const link = `cd /tmp; mv ${first} moved; ln -s /oldroot${join(root, 'keys')} ${first}; true`;
    const steps = [shell(link), shell('true')];

    const plan = planOf({ environment: { steps } });
    await runBuilderProcess(request('', { plan, hiddenDirs: [join(root, 'clone')] }));

    expect(await readdir(join(root, 'keys'))).toEqual(['secret']);
  });

  test('says which file has a name that is not text, and what others left there is no obstacle', async () => {
    const bad = `python3 -c "import os; open(os.environb[b'AT'] + b'/bad\\xff\\nname', 'w')"`;
    const failed = await runBuilderProcess(request(`AT=\${environment} ${bad}`));
    const cached = await runBuilderProcess(request(`AT=\${cache} ${bad}`));
    const next = await runBuilderProcess(request('ls ${cache}', { account: BOB }));

    expect(failed.error).toMatchObject({ code: 'BUILD_FAILED' });
    expect(failed.error?.message).toContain('"bad\\xff\\x0aname"');
    expect(cached.error ?? next.error).toBeUndefined();
    expect(next.log).toContain('name');
  });

  test('puts no more into its result than it may need of disk, holes and further names counted', async () => {
    const limits = { ...request('').limits, diskBytes: 8 * 1024 * 1024 };
    const sparse = 'for i in 1 2 3; do truncate -s 4M ${environment}/$i; done';
    const linked = 'cd ${environment}; truncate -s 4M a; ln a b; ln a c';
    const [tooLarge, fitting] = [
      await runBuilderProcess(request(sparse, { limits })),
      await runBuilderProcess(request(linked, { limits })),
    ];

    expect(tooLarge.error).toMatchObject({ code: 'BUILD_LIMIT_EXCEEDED' });
    expect(fitting.error).toBeUndefined();
    expect((await lstat(join(fitting.result?.environmentDir ?? '', 'c'))).nlink).toBe(3);
  });

  test("cannot put anything into another one's downloads or environment", async () => {
    const poison = 'echo poison >> ${cache}/wheel; cp ${cache}/wheel ${environment}/wheel';
    const first = await runBuilderProcess(request(poison));
    const second = await runBuilderProcess(request(poison, { account: BOB, owner: 'bob' }));
    const again = await runBuilderProcess(request(poison, { account: BOB, noCache: false, owner: 'alice' }));

    expect(first.error ?? second.error ?? again.error).toBeUndefined();
    expect(await readFile(join(second.result?.environmentDir ?? '', 'wheel'), 'utf8')).toBe('poison\n');
    expect(second.result?.environmentDir).not.toBe(first.result?.environmentDir);
    expect(again.result).toMatchObject({
      environmentDir: first.result?.environmentDir,
      reusedEnvironment: true,
    });
  });

  test('shares with everybody what no author had a part in', async () => {
    const plan = planOf({ environment: { isShareable: true, steps: [shell('echo x > ${environment}/x')] } });
    const first = await runBuilderProcess(request('', { plan }));
    const second = await runBuilderProcess(request('', { plan, account: BOB, owner: 'bob' }));
    const own = await runBuilderProcess(
      request('', { plan, account: BOB, owner: 'bob', buildEnv: { PIP_INDEX_URL: 'x' } }),
    );

    expect(second.result?.environmentDir).toBe(first.result?.environmentDir);
    expect(own.result?.environmentDir).not.toBe(first.result?.environmentDir);
  });

  test.each(['bubblewrap', 'accounts alone'])(
    'reads what only root could read of a plugin and of its host paths, with %s',
    async (how) => {
      const tools = how === 'bubblewrap' ? confinement.tools : { ...confinement.tools, bwrap: null };
      const plugin = join(root, 'clone', 'plugin');
      const assets = join(root, 'clone', 'assets');
      await mkdir(join(plugin, 'lib'), { mode: 0o700 });
      await writeFile(join(plugin, 'lib', 'helper'), 'echo the helper', { mode: 0o700 });
      await chmod(join(plugin, 'tool'), 0o600);
      await chmod(plugin, 0o700);
      await mkdir(assets, { mode: 0o700 });
      await writeFile(join(assets, 'page.css'), 'the page', { mode: 0o600 });
      const script = `sh \${plugin}/tool; \${plugin}/lib/helper; cat "$1"page.css; echo; touch \${plugin}/mine`;
      const plan = {
        ...planOf({
          environment: {
            steps: [{ title: 'Reading', command: ['sh', '-c', `${script}; true`, 'sh', `${assets}/`] }],
          },
        }),
        run: { command: ['sh', '${plugin}/tool'], env: {} },
        hostPaths: [`${assets}/`],
      };
      const hiddenDirs = [join(root, 'keys'), join(root, 'builds')];
      const { log, error, result } = await runBuilderProcess(request('', { plan, tools, hiddenDirs }));

      expect(error).toBeUndefined();
      expect(log).toContain('the tool\nthe helper\nthe page\n');
      expect(log).toContain('cannot touch');
      const copy = result?.pluginDir ?? '';
      expect(copy.startsWith(join(root, 'builds', 'copies'))).toBe(true);
      expect(await listModes(copy)).toEqual(['755 .', '755 lib', '644 tool', '755 lib/helper']);

      const again = await runBuilderProcess(request('', { plan, tools, hiddenDirs }));
      expect(again.result?.pluginDir).toBe(copy);
      await writeFile(join(plugin, 'tool'), 'echo the new tool');
      const renewed = await runBuilderProcess(request('', { plan, tools, hiddenDirs, noCache: true }));
      expect(renewed.log).toContain('the new tool\n');
      expect(await readFile(join(copy, 'tool'), 'utf8')).toBe('echo the tool');
      expect((await readdir(join(root, 'builds', 'workspaces'))).length).toBe(0);
    },
  );

  test("reads nothing of the platform's data, and for an installed plugin nothing that only root can read", async () => {
    const closed = join(root, 'clone', 'assets');
    await mkdir(closed, { recursive: true });
    await writeFile(join(closed, 'private'), 'hunter22');
    const hiddenDirs = [join(root, 'keys')];
    const read = async (path: string, trustsHostPaths: boolean) => {
      const steps = [{ title: 'Reading', command: ['sh', '-c', 'cat "$1" "$1"/*; true', 'sh', path] }];
      const plan = { ...planOf({ environment: { steps } }), hostPaths: [path] };
      return await runBuilderProcess(request('', { plan, hiddenDirs, trustsHostPaths, noCache: true }));
    };
    const refused = await Promise.all([
      read(join(root, 'keys', 'secret'), true),
      read(root, true),
      read(closed, false),
      read('/etc/shadow', false),
    ]);
    for (const { error, log } of refused) {
      expect(error).toMatchObject({ code: 'PLUGIN_FAILED' });
      expect(log).not.toMatch(/hunter22|root:/);
    }
    expect(refused[3]?.error?.message).toContain('/etc/shadow');
    expect(await readdir(join(root, 'builds', 'copies'))).toEqual([]);
    expect((await read('/etc/passwd', false)).log).toContain('root:');
    const runs = [
      { command: [join(closed, 'private')], env: {} },
      { command: ['true'], env: {}, cwd: closed },
      { command: ['true'], env: {}, cwd: '${source}/../../..' },
    ];
    for (const run of runs) {
      const plan = { ...planOf({}), run };
      const program = await runBuilderProcess(request('', { plan, hiddenDirs, trustsHostPaths: false }));
      expect(program.error).toMatchObject({ code: 'PLUGIN_FAILED' });
    }
  });

  test.each(['bubblewrap', 'accounts alone'])(
    'gets its variables and its directory by itself: root neither follows nor enters any, with %s',
    async (how) => {
      const tools = how === 'bubblewrap' ? confinement.tools : { ...confinement.tools, bwrap: null };
      const programs = join(root, 'programs');
      await mkdir(join(root, 'clone', 'open'));
      await mkdir(programs);
      for (const name of ['nice', 'prlimit', 'setpriv', 'bwrap', 'env']) {
        const script = `#!/bin/sh\nid -u >> ${root}/evidence\nexec /usr/bin/${name} "$@"\n`;
        await writeFile(join(programs, name), script, { mode: 0o755 });
      }
      const buildEnv = { PATH: `${programs}:/usr/bin:/bin`, LD_PRELOAD: '/nonexistent/evil.so' };
      const script = 'echo "$PATH $LD_PRELOAD $HOME"; pwd';
      const { log, error } = await runBuilderProcess(request(script, { tools, buildEnv }));

      expect(error).toBeUndefined();
      expect(log).toMatch(
        new RegExp(`^${programs}:/usr/bin:/bin /nonexistent/evil.so ${root}/builds/work.*home$`, 'm'),
      );
      expect(log.match(/cannot be preloaded/g)).toHaveLength(1);
      await expect(lstat(join(root, 'evidence'))).rejects.toThrow('ENOENT');
      const steps = [{ ...shell('pwd'), cwd: join(root, 'clone', 'open') }];
      const elsewhere = await runBuilderProcess(
        request('', { tools, plan: planOf({ environment: { steps } }) }),
      );
      expect(elsewhere.error).toMatchObject({ code: 'BUILD_FAILED' });
    },
  );

  test('makes no copy of what everybody can read', async () => {
    const plan = { ...planOf({}), run: { command: ['${plugin}/tool'], env: {} } };
    const { result } = await runBuilderProcess(request('', { plan }));

    expect(result?.pluginDir).toBe(join(root, 'clone', 'plugin'));
    expect(await readdir(join(root, 'builds', 'copies'))).toEqual([]);
  });

  test("leaves nothing in the directories that are everybody's, without bubblewrap either", async () => {
    const name = `rt-left-${process.pid}`;
    const places = ['/tmp', '/var/tmp', '/dev/shm'].map((place) => join(place, name));
    const script = `echo $TMPDIR; mkdir -p ${places.join(' ')}; touch /tmp/${name}/file; chmod 777 /tmp/${name}`;
    const tools = { ...confinement.tools, bwrap: null };
    const { log, error } = await runBuilderProcess(request(script, { tools }));

    expect(error).toBeUndefined();
    expect(log).toContain(join(root, 'builds', 'workspaces'));
    for (const place of places) await expect(lstat(place)).rejects.toThrow('ENOENT');
  });
});
