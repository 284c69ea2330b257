import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { readFlag, readPage } from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGoJob } from './go-job-harness.ts';

const PAGE = fileURLToPath(new URL('../../../docs/job_types/golang.md', import.meta.url));
const BUILD_TIMEOUT_MS = 5 * 60_000;
const hasGo = spawnSync('go', ['version']).status === 0;

/** One job of all examples: each is a package of it, and its function an endpoint. */
const ROOT_PACKAGE = `package manual

import (
	"manual/adder"
	"manual/booking"
	"manual/order"
	"manual/power"
	"manual/rounded"
	"manual/shop"
	"racetrack/jobs"
)

func Init() error                        { return shop.Init() }
func Metrics() []jobs.Metric             { return shop.Metrics() }
func StaticEndpoints() map[string]string { return shop.StaticEndpoints() }
func DocsInputExample() map[string]any   { return adder.DocsInputExample() }

func Perform(input map[string]any) (any, error) { return adder.Perform(input) }

func AuxiliaryEndpoints() map[string]any {
	endpoints := shop.AuxiliaryEndpoints()
	endpoints["/booking"] = booking.Perform
	endpoints["/order"] = order.Perform
	endpoints["/power"] = power.Perform
	endpoints["/rounded"] = rounded.Perform
	return endpoints
}
`;

if (!hasGo) process.stderr.write('skipped, since there is no go on this machine: the manual of Go jobs\n');

describe.skipIf(!hasGo)('the examples of docs/job_types/golang.md', () => {
  let packages: Readonly<Record<string, string>>;
  let job: Awaited<ReturnType<typeof createGoJob>>;
  /** Stands for the platform: the job `adder` is there in versions 1.x. */
  const pub = createServer((request, response) => {
    const isAdder = request.url === '/pub/job/adder/1.x/api/v1/perform';
    response.writeHead(isAdder ? 200 : 404).end(isAdder ? '42.4' : '{}');
  });

  beforeAll(async () => {
    await once(pub.listen(0, '127.0.0.1'), 'listening');
    vi.stubEnv('PUB_URL', `http://127.0.0.1:${(pub.address() as AddressInfo).port}/pub`);
    packages = await readPackages();
    job = await createGoJob({
      ...packages,
      'go.mod': 'module manual\n\ngo 1.22\n',
      'manual.go': ROOT_PACKAGE,
      'items.txt': 'tea cup\n',
    });
    expect(await job.build()).toMatchObject({ exitCode: 0 });
    await job.start();
  }, BUILD_TIMEOUT_MS);

  afterAll(async () => {
    vi.unstubAllEnvs();
    pub.closeAllConnections();
    pub.close();
    await job[Symbol.asyncDispose]();
  });

  test.each([
    ['/perform', { numbers: [40, 2] }, 200, 42],
    ['/perform', {}, 500, { error: "'numbers' is not a list" }],
    ['/perform', { numbers: ['a'] }, 500, { type: 'panic' }],
    ['/order', { customer: 'Ann', prices: [30, 10], discount: 0.5 }, 200, { total: 20 }],
    ['/order', { customer: 'Ann' }, 400, { error: 'missing argument: prices' }],
    ['/power', [3], 200, 3],
    ['/power', { exponent: 10 }, 200, 1024],
    ['/power', { args: [3], kwargs: { exponent: 2 } }, 200, 9],
    ['/booking', { seat: 1 }, 200, 'booked'],
    ['/booking', { seat: 0 }, 400, { error: 'seat 0 does not exist' }],
    ['/booking', { seat: 13 }, 409, { error: 'seat 13 is taken', type: 'jobs.StatusError' }],
    ['/booking', { seat: 101 }, 500, { error: 'the plan of seats is lost' }],
    ['/find', { name: 'cup' }, 200, 1],
    ['/find', { name: 'pot' }, 404, { error: 'there is no pot' }],
    ['/rounded', { numbers: [40, 2.4] }, 200, 42],
  ])('%s with %j answers %i %j', async (path, body, status, answer) => {
    const answered = await job.call(`/api/v1${path}`, body);

    expect({ status: answered.status, answer: JSON.parse(answered.text) }).toMatchObject({ status, answer });
  });

  test('are all called', () => {
    const unknown = Object.keys(packages).filter(
      (path) => !ROOT_PACKAGE.includes(`"manual/${path.split('/')[0]}"`),
    );

    expect(unknown).toEqual([]);
  });

  test('serve a file and count what is asked for', async () => {
    expect((await job.call('/api/v1/items')).text).toBe('tea cup\n');
    await job.call('/api/v1/find', { name: 'tea' });
    expect((await job.call('/metrics')).text).toMatch(/^lookups_total [1-9]/m);
  });

  test('are documented by their types and comments', async () => {
    const text = (await job.call('/openapi.json')).text;

    expect(text).toContain('part of the sum, none when left out');
    expect(text).toContain('{"numbers":[40,2]}');
  });
});

/** The page's files, each in a folder that is named like its package. */
async function readPackages(): Promise<Record<string, string>> {
  const { blocks } = readPage(await readFile(PAGE, 'utf8'));
  const files = blocks.flatMap((block) => {
    const { language, text } = block;
    const name = readFlag(block, 'file');
    const folder = /^package (\w+)/m.exec(text)?.[1];
    return language === 'go' && name !== undefined && folder !== undefined
      ? [[`${folder}/${name}`, `${text}\n`] as const]
      : [];
  });
  return Object.fromEntries(files);
}
