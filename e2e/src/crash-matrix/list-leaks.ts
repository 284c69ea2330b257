import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreRow } from '../support/store-reader.ts';
import { findProcesses } from '../support/processes.ts';
import type { World } from './world.ts';

/** What was let go a moment ago may take so long to be gone. */
const LEAK_PATIENCE_MS = 3_000;

/**
 * Compares rows, files and processes with each other once nothing is under way.
 *
 * @returns a line for everything that belongs to nothing, and for everything that is there twice.
 */
export async function listLeaks(world: World): Promise<string[]> {
  const deadline = Date.now() + LEAK_PATIENCE_MS;
  for (;;) {
    const leaks = await lookForLeaks(world);
    if (leaks.length === 0 || Date.now() > deadline) return leaks;
    await sleep(100);
  }
}

async function lookForLeaks(world: World): Promise<string[]> {
  const instances = await world.store.query(
    `select i.id, i.state, i.job_name, i.job_version, i.address, j.id as job_id from instance i
     left join job j on j.deployment_id = i.deployment_id`,
  );
  const found = await Promise.all([
    listBadInstances(world, instances),
    listStrayRows(world),
    listStrayFiles(world, instances),
    listStrayProcesses(world, instances),
  ]);
  return found.flat();
}

/** Every job has one instance, which is active; no other instance exists. */
async function listBadInstances(world: World, instances: readonly StoreRow[]): Promise<string[]> {
  const problems = instances.flatMap(({ id, state, job_id, job_name, job_version }) => {
    if (state === 'active' && job_id !== null) return [];
    return [`row of instance ${describe([id, job_name, job_version])} is left as ${String(state)}`];
  });
  const jobs = await world.store.query('select id, name, version from job');
  for (const { id, name, version } of jobs) {
    const count = instances.filter((instance) => instance['job_id'] === id).length;
    if (count !== 1) problems.push(`${describe([name, version])} has ${count} instances`);
  }
  return problems;
}

function describe(values: readonly unknown[]): string {
  return values.map(String).join(' ');
}

/** What each query finds should not be there. */
const STRAY_ROWS: readonly { readonly what: string; readonly sql: string }[] = [
  { what: 'deployment in progress', sql: `select id from deployment where status = 'in_progress'` },
  {
    what: 'upload named by a deployment that is over',
    sql: `select upload as id from deployment where status <> 'in_progress' and upload is not null`,
  },
  {
    what: 'family without a job',
    sql: `select name as id from job_family f where not exists (select 1 from job where job.name = f.name)
          and not exists (select 1 from trash_job t where t.name = f.name)`,
  },
  {
    what: 'permission on a job that is gone',
    sql: `select id from permission where job_id is not null and job_id not in (select id from job)`,
  },
  {
    what: 'public endpoint of a job that is gone',
    sql: 'select id from public_endpoint where job_id not in (select id from job)',
  },
  {
    what: 'build log of no deployment',
    sql: 'select distinct deployment_id as id from build_log where deployment_id not in (select id from deployment)',
  },
  {
    what: 'permission given twice',
    sql: `select min(id) as id from permission
          group by subject_id, scope, coalesce(family_id, ''), coalesce(job_id, ''), coalesce(endpoint, '')
          having count(*) > 1`,
  },
  {
    what: 'revision of the feed without a change',
    sql: `select revision as id from feed_revision
          where revision <> (select coalesce(max(revision), 0) from feed_change)`,
  },
  {
    what: 'gap before revision of the feed',
    sql: `select distinct c.revision as id from feed_change c
          where c.revision > (select min(revision) from feed_change)
          and not exists (select 1 from feed_change p where p.revision = c.revision - 1)`,
  },
];

/** The same for tables that a store may not have yet. */
const STRAY_ROWS_OF_ISOLATION: typeof STRAY_ROWS = [
  {
    what: 'uid of no job',
    sql: `select uid as id from uid_allocation u where u.job_name <> '#build' and not exists
          (select 1 from job j where j.name = u.job_name and u.job_version in (j.version, '*'))`,
  },
  { what: 'drain of an instance', sql: 'select instance_id as id from instance_drain' },
];

async function listStrayRows({ store }: World): Promise<string[]> {
  const problems: string[] = [];
  for (const { what, sql } of STRAY_ROWS) {
    for (const row of await store.query(sql)) problems.push(`${what}: ${String(row['id'])}`);
  }
  for (const { what, sql } of STRAY_ROWS_OF_ISOLATION) {
    const rows = await store.query(sql).catch(() => []);
    for (const row of rows) problems.push(`${what}: ${String(row['id'])}`);
  }
  return problems;
}

async function listStrayFiles({ platform }: World, instances: readonly StoreRow[]): Promise<string[]> {
  const { dataDir } = platform;
  const ids = new Set(instances.map(({ id }) => id));
  const sockets = new Set(
    instances.map(({ address }) => {
      const { path = '' } = (JSON.parse(String(address)) ?? {}) as { path?: string };
      return relative(join(dataDir, 'run/i'), path).split('/')[0];
    }),
  );
  const problems: string[] = [];
  const expectEmpty = async (folder: string, what: string, isKnown = (_name: string) => false) => {
    for (const name of await list(join(dataDir, folder)))
      if (!isKnown(name)) problems.push(`${what}: ${name}`);
  };
  await expectEmpty('uploads', 'upload');
  await expectEmpty('builds/workspaces', 'workspace');
  await expectEmpty('builds/trash', 'trash');
  await expectEmpty('builds/locks', 'lock of a workspace', (name) => !name.startsWith('workspace-'));
  await expectEmpty('instances', 'directory of an instance', (name) => ids.has(name));
  await expectEmpty('run/i', 'socket of an instance', (name) => sockets.has(name));
  for (const kind of ['sources', 'environments', 'artifacts']) {
    for (const name of await list(join(dataDir, 'builds', kind))) {
      const isComplete = (await list(join(dataDir, 'builds', kind, name))).includes('complete.json');
      if (!isComplete) problems.push(`half-built entry: ${kind}/${name}`);
    }
  }
  for (const folder of ['instances', 'builds/sources', 'builds/artifacts', 'keys', 'run', '.']) {
    const names = await list(join(dataDir, folder), folder === 'instances');
    for (const name of names)
      if (/\.(?:tmp|draft|body)$/.test(name)) problems.push(`half-written file: ${name}`);
  }
  return problems;
}

async function list(folder: string, recursive = false): Promise<string[]> {
  return await readdir(folder, { recursive }).catch(() => []);
}

/** Processes of jobs belong to an instance, at most one shim each; those of the platform to the launcher. */
async function listStrayProcesses(world: World, instances: readonly StoreRow[]): Promise<string[]> {
  const { platform, failpoints } = world;
  const ids = new Set(instances.map(({ id }) => String(id)));
  const problems: string[] = [];
  const shims = new Map<string, number>();
  for (const { pid, ppid, commandLine } of await findProcesses(platform.dataDir)) {
    const environment = await readEnvironment(pid);
    const instance = environment.get('RACETRACK_INSTANCE_ID');
    if (instance !== undefined && !ids.has(instance))
      problems.push(`process ${pid} of instance ${instance}, which is gone`);
    if (instance !== undefined && commandLine.includes('racetrack-job') && !commandLine.includes('bwrap'))
      shims.set(instance, (shims.get(instance) ?? 0) + 1);
    if (instance !== undefined && environment.has('RACETRACK_FAILPOINTS'))
      problems.push(`instance ${instance} was told of failpoints`);
    if (environment.has('RACETRACK_BUILD_WORKSPACE'))
      problems.push(`process ${pid} of a build, child of ${ppid}`);
  }
  for (const [instance, count] of shims)
    if (count > 1) problems.push(`instance ${instance} runs ${count} times`);
  const platformProcesses = await findProcesses(failpoints.path);
  const family = new Set([platform.launcherPid]);
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { pid, ppid } of platformProcesses) if (family.has(ppid)) family.add(pid);
  }
  for (const { pid, commandLine } of platformProcesses) {
    if (!family.has(pid)) problems.push(`orphan ${pid}: ${commandLine.slice(0, 120)}`);
    else if (commandLine.includes('builder')) problems.push(`builder ${pid} still runs`);
  }
  return problems;
}

async function readEnvironment(pid: number): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return new Map(
    text.split('\0').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
}
