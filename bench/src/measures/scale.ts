import { rmSync } from 'node:fs';
import path from 'node:path';
import type { StoreOptions } from '@racetrack-platform/db';
import { readStoreOptions } from '@racetrack-platform/db';
import { postgresMissing, startPostgres } from '@racetrack-platform/testing';
import type { Figure, Measure, MeasureContext } from '../figure.ts';
import { logIn } from '../platform/log-in.ts';
import { startPlatform, type Platform } from '../platform/start-platform.ts';
import { fillStore, nameFamily, nameService, SCALE } from '../scale/fill-store.ts';
import { timeRequests, type TimedRequest } from '../scale/time-requests.ts';

/** Design, section 6: p95 of a list. */
const LIST_GOAL_MS = 200;
/** Single answers are fast, and their 95th percentile needs many. */
const REQUESTS = 40;
const TITLE = `${SCALE.families} families × ${SCALE.versions} versions, ${SCALE.services * SCALE.grantsEach} grants`;

/** What lifecycle answers on a large installation, on the store that comes with it. */
export const scaleOnSqlite: Measure = {
  name: 'scale',
  title: `${TITLE}, on SQLite`,
  async run(context) {
    const dataDir = path.join(context.folder, 'data');
    const store = readStoreOptions({}, path.join(dataDir, 'store', 'racetrack.db'));
    return { kind: 'figures', figures: await measure(context, { store, env: {}, label: 'SQLite' }) };
  },
};

/** The same on PostgreSQL. */
export const scaleOnPostgres: Measure = {
  name: 'scale-postgresql',
  title: `${TITLE}, on PostgreSQL`,
  async run(context) {
    const missing = postgresMissing();
    if (missing !== undefined) return { kind: 'skipped', reason: missing };
    await using server = await startPostgres({ durable: true });
    const env = { DATABASE_URL: server.url(await server.createDatabase()) };
    const store = readStoreOptions(env, '');
    return { kind: 'figures', figures: await measure(context, { store, env, label: 'PostgreSQL' }) };
  },
};

interface Installation {
  readonly store: StoreOptions;
  readonly env: Readonly<Record<string, string>>;
  readonly label: string;
}

async function measure(
  { folder, report }: MeasureContext,
  { store, env, label }: Installation,
): Promise<Figure[]> {
  const dataDir = path.join(folder, 'data');
  // The platform makes its schema and first administrator itself.
  const empty = await startPlatform(dataDir, env);
  await empty.stop();
  rmSync(path.join(dataDir, 'endpoints.json'), { force: true });
  await fillStore(store);
  const platform = await startPlatform(dataDir, env);
  try {
    const figures: Figure[] = [];
    for (const request of await listRequests(platform)) {
      const { medianMs, p95Ms, maxMs, cpuMs, bytes } = await timeRequests(platform, request, REQUESTS);
      const detail = `p95 of ${REQUESTS}, median ${medianMs.toFixed(1)} ms, longest ${maxMs.toFixed(1)} ms, ${cpuMs.toFixed(1)} ms of CPU each, ${(bytes / 1_000).toFixed(1)} kB`;
      report(`${request.title}: ${p95Ms.toFixed(1)} ms, ${detail}`);
      figures.push({
        id: `${request.id}_${label.toLowerCase()}_ms`,
        title: `${request.title}, ${label}`,
        value: p95Ms,
        unit: 'ms',
        ...(request.goalMs === undefined ? {} : { goal: request.goalMs }),
        detail,
      });
    }
    return figures;
  } finally {
    await platform.stop();
  }
}

async function listRequests(platform: Platform): Promise<TimedRequest[]> {
  const admin = await logIn(platform);
  const service = await readServiceToken(platform, admin);
  const job = `${nameFamily(7)}/latest`;
  const all = { token: admin, goalMs: LIST_GOAL_MS };
  return [
    { id: 'job_list', title: 'all jobs', path: 'job', ...all },
    {
      id: 'job_list_some',
      title: 'jobs of a restricted reader',
      path: 'job',
      token: service,
      goalMs: LIST_GOAL_MS,
    },
    { id: 'job', title: 'one job by its alias', path: `job/${job}`, token: admin },
    {
      id: 'decision',
      title: 'one decision',
      path: `auth/can-call-job/${job}/api/v1/perform`,
      token: service,
    },
    { id: 'portfolio', title: 'portfolio', path: 'job/portfolio', ...all },
    { id: 'graph', title: 'dependency graph', path: 'job/graph', ...all },
  ];
}

async function readServiceToken({ endpoints }: Platform, admin: string): Promise<string> {
  const address = `${endpoints.lifecycle}/api/v1/auth/token/esc/${nameService(1)}`;
  const response = await fetch(address, { headers: { 'x-racetrack-auth': admin } });
  if (!response.ok) throw new Error(`the token was answered with ${response.status}`);
  return ((await response.json()) as { token: string }).token;
}
