import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { startLoad } from './support/load.ts';
import { Platform } from './support/platform.ts';
import { findProcesses } from './support/processes.ts';
import { openStoreReader } from './support/store-reader.ts';

const HOSTILE = fileURLToPath(new URL('./fixtures/hostile/job.py', import.meta.url));
const SECRET = 'the-victims-own-secret-4711';
const VICTIM = [
  'import os',
  '',
  'class Job:',
  '    def perform(self):',
  "        return len(os.environ['PASSWORD'])",
  '',
].join('\n');
const SKIP_REASON =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? ' (skipped: accounts for jobs need root on Linux)'
    : '';

describe.skipIf(SKIP_REASON !== '')(`jobs of a platform that runs as root${SKIP_REASON}`, () => {
  let platform: Platform;
  let token: string;

  beforeAll(async () => {
    platform = await Platform.start([], { RACETRACK_JOB_DISK_LIMIT: '64Mi' });
    token = await platform.login();
    await deploy('victim', VICTIM, 'secret_runtime_env_file: secrets.env\n', {
      'secrets.env': `PASSWORD=${SECRET}\n`,
    });
    await deploy('hostile', await readFile(HOSTILE, 'utf8'), 'resources:\n  memory_max: 512Mi\n');
  });

  afterAll(async () => await platform[Symbol.asyncDispose]());

  async function deploy(
    name: string,
    program: string,
    more = '',
    extra: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const directory = join(platform.directory, name);
    const manifest = `${pythonManifest({ name, version: '1.0.0', remote: directory })}${more}`;
    await createRepository(directory, { 'job.py': program, 'job.yaml': manifest, ...extra });
    expect(await platform.cli(['deploy', directory, '--build-context', 'git'])).toMatchObject({ code: 0 });
  }

  async function ask(endpoint: string, body: unknown = {}): Promise<unknown> {
    const response = await platform.call(`hostile/1.0.0/api/v1/${endpoint}`, token, body);
    expect(response.status).toBe(200);
    return await response.json();
  }

  async function callVictim(): Promise<Response> {
    return await platform.call('victim/1.0.0/api/v1/perform', token, {});
  }

  async function noticeOf(name: string): Promise<string> {
    const response = await fetch(`${platform.endpoints.lifecycle}/api/v1/job/${name}/1.0.0`, {
      headers: { 'x-racetrack-auth': token },
    });
    const { notice } = (await response.json()) as { notice: string | null };
    return notice ?? '';
  }

  /** What there is to attack, as only root can find it. */
  async function findTargets() {
    const instancesDir = join(platform.dataDir, 'instances');
    const records = await Promise.all(
      (await readdir(instancesDir)).map(
        async (id) =>
          JSON.parse(await readFile(join(instancesDir, id, 'instance.json'), 'utf8')) as {
            instanceId: string;
            job: { name: string };
            address: { path: string };
            sourceDir: string;
            confinement: { account: { uid: number } };
          },
      ),
    );
    const victim = records.find(({ job }) => job.name === 'victim');
    const own = records.find(({ job }) => job.name === 'hostile');
    if (victim === undefined || own === undefined) throw new Error('the jobs are not there');
    const family = await findProcesses(platform.dataDir);
    const ownPids = new Set(await listPids(own.confinement.account.uid));
    return {
      victim,
      own,
      facts: {
        data_dir: platform.dataDir,
        secret: SECRET,
        pids: [platform.launcherPid, ...family.map(({ pid }) => pid)].filter((pid) => !ownPids.has(pid)),
        sockets: [victim.address.path, join(platform.dataDir, 'run', 'feed.sock')],
        directories: [
          ...[
            '.',
            'keys',
            'store',
            'pub',
            'instances',
            'builds/artifacts',
            'uploads',
            'run',
            'run/i',
            'logs',
            'job-data',
            'job-data/victim',
          ].map((name) => join(platform.dataDir, name)),
          join(instancesDir, victim.instanceId, 'home'),
          join(instancesDir, victim.instanceId, 'tmp'),
          join(instancesDir, own.instanceId),
          victim.sourceDir,
        ],
        files: [
          ...['keys/auth.key', 'keys/secrets.key', 'store/racetrack.db', 'lock', 'logs/control.log'].map(
            (name) => join(platform.dataDir, name),
          ),
          ...['instance.json', 'process.json', 'log'].map((name) =>
            join(instancesDir, victim.instanceId, name),
          ),
          join(instancesDir, own.instanceId, 'instance.json'),
          join(victim.sourceDir, 'job.py'),
          '/etc/shadow',
        ],
      },
    };
  }

  test('each runs as a user of its own, never as root', async () => {
    const { victim, own } = await findTargets();
    const { uid, groups } = (await ask('who')) as { uid: number; groups: number[] };

    expect(uid).toBe(own.confinement.account.uid);
    expect(uid).toBeGreaterThanOrEqual(1_879_048_192);
    expect(uid).not.toBe(victim.confinement.account.uid);
    expect(groups).toEqual([]);
  });

  test('a hostile one reaches no key, file, socket or process of others, and no secret', async () => {
    const { facts } = await findTargets();

    const succeeded = (await ask('perform', { targets: facts })) as Record<string, string>;

    // Its view of the machine has empty directories where the platform's are.
    const gains = Object.entries(succeeded).filter(
      ([name, got]) => !(name.startsWith('list ') && isEmptyView(got)),
    );
    expect(Object.fromEntries(gains)).toEqual({});
    expect(await (await callVictim()).text()).toBe(String(SECRET.length));
  });

  test('one that takes too much memory is ended with the reason, and its neighbour notices nothing', async () => {
    const stop = startLoad(callVictim, 2);

    const response = await platform.call('hostile/1.0.0/api/v1/hog', token, { megabytes: 700 });
    await waitUntil('the reason', async () => (await noticeOf('hostile')).includes('memory'), 20_000);
    const load = await stop();

    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(await noticeOf('hostile')).toContain('exceeded its memory limit of 512 MiB');
    expect(load.failures).toEqual([]);
    await untilHostileAnswers();
  });

  test('one that fills the disk is ended with the reason', async () => {
    await platform.call('hostile/1.0.0/api/v1/fill', token, { megabytes: 100 });

    await waitUntil('the reason', async () => (await noticeOf('hostile')).includes('disk'), 20_000);

    expect(await noticeOf('hostile')).toContain('exceeded its disk limit of 64 MiB');
    await untilHostileAnswers();
  });

  test('one that multiplies is stopped at a number, and its neighbour notices nothing', async () => {
    const stop = startLoad(callVictim, 1);

    const count = await ask('multiply', { limit: 1_500 });
    const load = await stop();

    expect(count).toBeLessThan(1_024);
    expect(count).toBeGreaterThan(500);
    expect(load.failures).toEqual([]);
  });

  test('after its deletion there is no process, file or number of it', async () => {
    const { own } = await findTargets();
    const { uid } = own.confinement.account;
    await ask('leave_daemon');
    await waitUntil('the daemon', async () => (await listPids(uid)).length > 2);

    expect(await platform.cli(['delete', 'hostile', '--version', '1.0.0', '--yes'])).toMatchObject({
      code: 0,
    });

    expect(await listPids(uid)).toEqual([]);
    expect(await readdir(join(platform.dataDir, 'instances'))).not.toContain(own.instanceId);
    expect(await readdir(join(platform.dataDir, 'run', 'i'))).not.toContain(own.instanceId);
    await using store = await openStoreReader(platform.dataDir);
    await waitUntil('the number to be free', async () => {
      const rows = await store.query("select uid from uid_allocation where job_name = 'hostile'");
      return rows.length === 0;
    });
  });

  async function untilHostileAnswers(): Promise<void> {
    await waitUntil(
      'the job to answer again',
      async () => (await platform.call('hostile/1.0.0/api/v1/who', token, {})).status === 200,
      30_000,
    );
  }
});

/** Names of directories alone: those that lead to the job's own files. */
function isEmptyView(listing: string): boolean {
  const own =
    /^\[(?:'(?:data|instances|run|builds|environments|artifacts|home|tree|i|job-data|hostile|i-[0-9a-f]+|[0-9a-f.]{40,})'(?:, )?)*\]$/;
  return own.test(listing);
}

/** All processes of a user that are alive. */
async function listPids(uid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const isTheirs = new RegExp(`^Uid:\\s+${uid}\\s`, 'm').test(status);
      return isTheirs && !/^State:\s+[ZX]/m.test(status) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
