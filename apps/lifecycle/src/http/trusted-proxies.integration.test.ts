import { expect, test } from 'vitest';
import { createProxyTrust } from '@racetrack-platform/contracts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createServer } from './create-server.ts';

/** Who a request comes from, as throttling, audit and live logs are told. */
async function askWho(trusted: readonly string[], peer: string): Promise<string> {
  const app = createServer({
    logger: createLogger({ level: 'error', name: 'test' }),
    metrics: createMetrics({ defaults: false }),
    prefix: '/lifecycle',
    trustsProxy: createProxyTrust(trusted),
  });
  app.get('/who', (request) => request.ip);
  const headers = { 'x-forwarded-for': '192.0.2.66, 203.0.113.9' };
  const answer = await app.inject({ url: '/who', remoteAddress: peer, headers });
  await app.close();
  return answer.body;
}

test('only a trusted proxy says who its client is, and only of the client that it saw itself', async () => {
  expect(await askWho([], '10.0.0.5')).toBe('10.0.0.5');
  expect(await askWho(['10.0.0.0/8'], '198.51.100.1')).toBe('198.51.100.1');
  expect(await askWho(['10.0.0.0/8'], '10.0.0.5')).toBe('203.0.113.9');
});
