import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFakeFeed } from '../testing/fake-feed.ts';
import { FEED_TIMINGS } from './feed-client.ts';
import { httpCall, jsonOf } from '../testing/http-call.ts';
import { buildGrant, buildJob, buildSubject, buildToken } from '../testing/records.ts';
import {
  startPlatform,
  startPub,
  TOKEN,
  type FakeInstance,
  type Platform,
} from '../testing/start-platform.ts';
import { pause, waitUntil } from '../testing/wait-until.ts';

const AUTH = { 'X-Racetrack-Auth': TOKEN };

let platform: Platform;
let instance: FakeInstance;
let finishCalls: (() => void)[] = [];

beforeEach(async () => {
  finishCalls = [];
  platform = await startPlatform({
    feedTimings: {
      minBackoffMs: 10,
      maxBackoffMs: 50,
      silenceMs: 400,
      statsIntervalMs: 50,
      confirmationMs: 0,
    },
  });
  instance = await platform.startInstance('adder-1', (incoming, response) => {
    if (incoming.url?.endsWith('/wait') === true) finishCalls.push(() => response.end('waited'));
    else response.end(incoming.url);
  });
  await platform.feed.commit({ put: buildJob({ instances: [instance] }) });
});
afterEach(async () => await platform.stop());

async function statusOf(path = '/job/adder/1.0.0', token = TOKEN): Promise<number> {
  return (await httpCall(platform.url, path, { headers: { 'X-Racetrack-Auth': token } })).status;
}

describe('the change feed', () => {
  test('says hello and acknowledges the snapshot', () => {
    expect(platform.feed.received[0]).toMatchObject({ type: 'hello', pid: process.pid });
    expect(platform.feed.received[1]).toEqual({ type: 'ack', revision: 1, inFlight: {} });
  });

  test('takes a token, a grant, a subject or a job away with the next revision', async () => {
    const [token, subject] = [buildToken(TOKEN, 'alice'), buildSubject('alice')];
    expect(await statusOf()).toBe(200);

    await platform.feed.commit({ remove: { kind: 'token', id: token.id } });
    expect(await statusOf()).toBe(401);
    await platform.feed.commit(
      { put: token },
      { put: { ...subject, permissions: [buildGrant({ family: 'other' })] } },
    );
    expect(await statusOf()).toBe(401);
    await platform.feed.commit({ remove: { kind: 'subject', id: 'alice' } });
    expect(await statusOf()).toBe(401);
    await platform.feed.commit({ put: subject });
    expect(await statusOf()).toBe(200);
    await platform.feed.commit({ remove: { kind: 'job', id: 'adder-1.0.0' } });
    expect(await statusOf()).toBe(404);
  });

  test('shows nothing of a change before its commit', async () => {
    platform.feed.send({ type: 'remove', kind: 'job', id: 'adder-1.0.0' });
    await pause(50);
    expect(await statusOf()).toBe(200);
    platform.feed.send({ type: 'commit', revision: 50 });
    await waitUntil(async () => (await statusOf()) === 404);
  });

  test('moves aliases to a new version', async () => {
    const path = async () =>
      (await httpCall(platform.url, '/job/adder/latest', { headers: AUTH })).body.toString();
    expect(await path()).toBe('/pub/job/adder/1.0.0');
    await platform.feed.commit({ put: buildJob({ version: '1.2.0', instances: [instance] }) });
    expect(await path()).toBe('/pub/job/adder/1.2.0');
    await platform.feed.commit({ remove: { kind: 'job', id: 'adder-1.2.0' } });
    expect(await path()).toBe('/pub/job/adder/1.0.0');
  });

  test('obeys maintenance mode at once', async () => {
    await platform.feed.commit({ put: { kind: 'setting', id: 'maintenance_mode', value: true } });
    const answer = await httpCall(platform.url, '/job/adder/latest', { headers: AUTH });
    expect(answer.status).toBe(503);
    expect(jsonOf(answer)['error']).toBe(
      'Proxy request error: Authorizing Job caller: Racetrack is currently in maintenance mode. Please try again later.',
    );
    await platform.feed.commit({ put: { kind: 'setting', id: 'maintenance_mode', value: false } });
    expect(await statusOf()).toBe(200);
  });

  test('reports calls in flight to an instance that is no longer routed, until there are none', async () => {
    const call = httpCall(platform.url, '/job/adder/1.0.0/wait', { headers: AUTH });
    await waitUntil(() => finishCalls.length === 1);
    const next = await platform.startInstance('adder-2', (_incoming, response) => response.end('new'));
    await platform.feed.commit({ put: buildJob({ instances: [next] }) });
    const { received } = platform.feed;
    expect(received.at(-1)).toMatchObject({ type: 'ack', inFlight: { 'adder-1': 1 } });
    expect((await httpCall(platform.url, '/job/adder/1.0.0', { headers: AUTH })).body.toString()).toBe('new');

    const before = received.length;
    for (const finish of finishCalls) finish();
    expect((await call).body.toString()).toBe('waited');
    await waitUntil(() => received.slice(before).some(({ type }) => type === 'ack'));
    expect(received.slice(before).find(({ type }) => type === 'ack')).toMatchObject({ inFlight: {} });
  });

  test('sends the number of calls per job, probes left out', async () => {
    await statusOf();
    await statusOf('/job/adder/latest/x');
    await httpCall(platform.url, '/job/adder/latest/live');
    const calls = () =>
      platform.feed.received.flatMap((message) => (message.type === 'stats' ? message.jobs : []));
    await waitUntil(() => calls().reduce((sum, job) => sum + job.calls, 0) === 2);
    expect(calls()[0]?.jobId).toBe('adder-1.0.0');
    expect(Math.abs(Date.now() - (calls()[0]?.lastCallAt ?? 0))).toBeLessThan(5_000);
  });

  test('serves on while lifecycle is gone, and follows again when it is back', async () => {
    await platform.feed.close();
    expect(await statusOf()).toBe(200);
    expect(await (await fetch(`${platform.url}/metrics`)).text()).toContain('pub_feed_connected 0');

    const feed = await startFakeFeed(platform.feedPath, [], { storeId: 'store-1', revision: 90 });
    await waitUntil(async () => (await statusOf()) === 401);
    expect(await (await fetch(`${platform.url}/metrics`)).text()).toMatch(
      /pub_feed_connected 1\n[^]*pub_feed_revision 90\n/,
    );
    await feed.close();
  });

  test('gives a silent peer up and connects again', async () => {
    const before = platform.feed.connectionCount();
    await waitUntil(() => platform.feed.connectionCount() > before);
    expect(await statusOf()).toBe(200);
  });

  test('stays connected while pings arrive, and takes their revision', async () => {
    const before = platform.feed.connectionCount();
    for (let ping = 0; ping < 7; ping += 1) {
      platform.feed.send({ type: 'ping', revision: 40 });
      await pause(100);
    }
    expect(platform.feed.connectionCount()).toBe(before);
    expect(platform.feed.received.at(-1)).toMatchObject({ type: 'ack', revision: 40 });
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['a message of a wrong shape', '{"type":"commit"}'],
    ['an older revision', '{"type":"commit","revision":0}'],
    ['an end without begin', '{"type":"end","revision":100}'],
  ])('gives up a peer that sends %s, keeps what it knows and connects again', async (_title, line) => {
    const before = platform.feed.connectionCount();
    platform.feed.send(line);
    await waitUntil(() => platform.feed.connectionCount() > before);
    expect(await statusOf()).toBe(200);
  });

  test('skips messages and records of a newer lifecycle', async () => {
    const before = platform.feed.connectionCount();
    platform.feed.send('{"type":"put","record":{"kind":"quota","id":"x","limit":1}}');
    platform.feed.send('{"type":"compact","level":3}');
    await platform.feed.commit({ put: buildJob({ name: 'second', instances: [instance] }) });
    expect(platform.feed.connectionCount()).toBe(before);
    expect(await statusOf('/job/second/latest')).toBe(200);
  });
});

describe('the snapshot on disk', () => {
  const file = () => join(platform.directory, 'pub', 'snapshot.jsonl');

  async function startCold(): Promise<Awaited<ReturnType<typeof startPub>>> {
    await waitUntil(async () => (await stat(file()).catch(() => undefined)) !== undefined);
    await platform.pub.stop(0);
    await platform.feed.close();
    return await startPub(platform.directory, platform.feedPath);
  }

  test('lets a pub start without lifecycle', async () => {
    const { pub, url } = await startCold();
    const answer = await httpCall(url, '/job/adder/latest', { headers: AUTH });
    const ready = await httpCall(url, '/ready');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    await pub.stop(0);

    expect([answer.status, ready.status]).toEqual([200, 200]);
    expect(metrics).toMatch(/pub_feed_age_seconds \d/);
  });

  test('keeps what aliases are pinned to', async () => {
    const pin = { id: 'adder/latest', family: 'adder', pattern: 'latest', jobId: 'adder-1.0.0' };
    await platform.feed.commit(
      { put: buildJob({ version: '2.0.0', instances: [instance] }) },
      { put: { kind: 'pin', ...pin } },
    );
    await platform.pub.stop(0);
    const { pub, url } = await startCold();
    const answer = await httpCall(url, '/job/adder/latest', { headers: AUTH });
    await pub.stop(0);

    expect(answer.body.toString()).toBe('/pub/job/adder/1.0.0');
  });

  test('is readable by its owner only and holds no token', async () => {
    await platform.pub.stop(0);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await readFile(file(), 'utf8')).not.toContain(TOKEN);
  });

  test.each<[string, (path: string) => Promise<void>]>([
    [
      'altered',
      async (path) => await writeFile(path, (await readFile(path, 'utf8')).replace('alice', 'mallo')),
    ],
    ['cut off', async (path) => await writeFile(path, (await readFile(path, 'utf8')).slice(0, -90))],
    ['followed by something', async (path) => await appendFile(path, '{}\n')],
    ['something else', async (path) => await writeFile(path, 'hello')],
    ['empty', async (path) => await writeFile(path, '')],
  ])('is ignored when it is %s', async (_title, damage) => {
    await platform.pub.stop(0);
    await damage(file());
    const { pub, url } = await startCold();
    const answer = await httpCall(url, '/job/adder/latest', { headers: AUTH });
    const ready = await httpCall(url, '/ready');
    const live = await httpCall(url, '/live');
    await pub.stop(0);

    expect([answer.status, ready.status, live.status]).toEqual([503, 503, 200]);
    expect(jsonOf(answer)['code']).toBe('FEED_UNAVAILABLE');
  });

  test('makes whom it refuses wait for the first word of lifecycle', async () => {
    await platform.pub.stop(0);
    await platform.feed.close();
    const feedTimings = { ...FEED_TIMINGS, confirmationMs: 20_000 };
    const { pub, url } = await startPub(platform.directory, platform.feedPath, { feedTimings });
    const statusAt = async (version: string): Promise<number> =>
      (await httpCall(url, `/job/adder/${version}`, { headers: AUTH })).status;
    const known = await statusAt('1.0.0');
    const newer = statusAt('2.0.0');
    const missing = statusAt('3.0.0');
    const records = [
      buildSubject('alice'),
      buildToken(TOKEN, 'alice'),
      buildJob({ version: '2.0.0', instances: [instance] }),
    ];
    const feed = await startFakeFeed(platform.feedPath, records, { revision: 90 });
    const answers = [known, await newer, await missing];
    await pub.stop(0);
    await feed.close();

    expect(answers).toEqual([200, 200, 404]);
  });

  test('lets nobody wait for long when lifecycle stays away', async () => {
    await platform.pub.stop(0);
    await platform.feed.close();
    const feedTimings = { ...FEED_TIMINGS, confirmationMs: 100 };
    const { pub, url } = await startPub(platform.directory, platform.feedPath, { feedTimings });
    const answer = await httpCall(url, '/job/adder/2.0.0', { headers: AUTH });
    await pub.stop(0);

    expect(answer.status).toBe(404);
  });

  test('is used no longer than the configured age', async () => {
    await platform.pub.stop(0);
    await platform.feed.close();
    const environment = { RACETRACK_MAX_FEED_AGE_MS: '1' };
    const { pub, url } = await startPub(platform.directory, platform.feedPath, { environment });
    await pause(5);
    const answer = await httpCall(url, '/job/adder/latest', { headers: AUTH });
    await pub.stop(0);

    expect(answer.status).toBe(503);
  });
});

describe('shutdown', () => {
  test('finishes calls in flight, refuses new connections and says that it closes', async () => {
    const call = httpCall(platform.url, '/job/adder/1.0.0/wait', {
      headers: { ...AUTH, Connection: 'keep-alive' },
    });
    const idle = connect(Number(new URL(platform.url).port), '127.0.0.1');
    idle.on('error', () => {});
    await waitUntil(() => finishCalls.length === 1);
    const stopped = platform.pub.stop(10_000);
    await expect(httpCall(platform.url, '/live')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    for (const finish of finishCalls) finish();
    const answer = await call;
    await stopped;

    expect([answer.status, answer.body.toString(), answer.headers.connection]).toEqual([
      200,
      'waited',
      'close',
    ]);
  });

  test('cuts off what is left at the limit', async () => {
    const call = httpCall(platform.url, '/job/adder/1.0.0/wait', { headers: AUTH });
    call.catch(() => {});
    await waitUntil(() => finishCalls.length === 1);
    const startedAt = performance.now();
    await platform.pub.stop(100);

    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await expect(call).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('a pub that never heard of lifecycle', () => {
  test('is alive, not ready, and answers calls with 503', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pub-'));
    const { pub, url } = await startPub(directory, join(directory, 'none.sock'));
    const statuses = await Promise.all(
      ['/live', '/health', '/metrics', '/ready', '/job/a/b'].map(
        async (path) => (await httpCall(url, path)).status,
      ),
    );
    await pub.stop(0);
    await rm(directory, { recursive: true });

    expect(statuses).toEqual([200, 200, 200, 503, 503]);
  });
});
