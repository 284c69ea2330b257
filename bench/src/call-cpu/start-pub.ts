import { hash } from 'node:crypto';
import path from 'node:path';
import type { FeedRecord } from '@racetrack-platform/contracts';
import { ROOT } from '../repository.ts';
import { serveFeed } from './serve-feed.ts';
import { startProgram, type Program } from './start-program.ts';

export const TOKEN = 'token-of-the-bench';
export const PUB_PATH = '/pub/job/adder/latest/api/v1/perform';

/** Starts pub alone, in general lane, with one job, one caller and a feed that says so. */
export async function startPub(folder: string, upstreamSocket: string, port: number): Promise<Program> {
  const records: FeedRecord[] = [
    {
      kind: 'subject',
      id: 'caller',
      caller: 'User bench',
      permissions: [{ scope: 'call_job', family: 'adder', jobId: null, endpoint: null }],
    },
    { kind: 'token', id: hash('sha256', TOKEN), subjectId: 'caller', expiresAt: null },
    {
      kind: 'job',
      id: 'adder-1',
      name: 'adder',
      version: '1.0.0',
      status: 'running',
      instances: [{ id: 'i-1', address: { kind: 'unix', path: upstreamSocket } }],
      publicEndpoints: [],
    },
  ];
  const feedSocket = path.join(folder, 'feed.sock');
  const stopFeed = await serveFeed(feedSocket, records);
  const pub = await startProgram(process.execPath, {
    args: [path.join(ROOT, 'apps/pub/src/main.ts')],
    env: {
      RACETRACK_DATA_DIR: path.join(folder, 'pub-data'),
      RACETRACK_FEED: feedSocket,
      RACETRACK_PUB_PORT: String(port),
      RACETRACK_LOG_LEVEL: 'warn',
    },
    isReady: async () => (await answers(`http://127.0.0.1:${port}${PUB_PATH}`)) === 200,
  });
  return {
    pid: pub.pid,

    async stop() {
      await pub.stop();
      await stopFeed();
    },
  };
}

/** The status that a call gets; undefined when nobody listens yet. */
async function answers(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { method: 'POST', headers: { 'x-racetrack-auth': TOKEN }, body: '{}' });
    return response.status;
  } catch {
    return undefined;
  }
}
