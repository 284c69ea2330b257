import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createClient } from './index.ts';

const servers: Server[] = [];

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(listener: RequestListener): Promise<string> {
  return `http://${await listen(createServer(listener))}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('redirects', () => {
  test('within the origin are followed for reading', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/api/v1/job') response.writeHead(307, { location: '/moved' }).end();
      else response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
    });

    await expect(createClient({ url, token: 't' }).listJobs()).resolves.toEqual([]);
  });

  test('in a circle end', async () => {
    const url = await serve(
      (_request, response) => void response.writeHead(302, { location: '/again' }).end(),
    );

    await expect(createClient({ url }).listJobs()).rejects.toThrow(/in a circle/);
  });

  test.each(['GET', 'POST', 'DELETE'])(
    'to another origin never take the token along (%s)',
    async (method) => {
      const seen: unknown[] = [];
      const other = await serve((request, response) => {
        seen.push(request.headers);
        response.end();
      });
      const url = await serve(
        (_request, response) => void response.writeHead(302, { location: other }).end(),
      );
      const client = createClient({ url, token: 'secret' });
      const requests = {
        GET: () => client.listJobs(),
        POST: () => client.deploy({ manifest: {} }),
        DELETE: () => client.deleteJob('a', '1'),
      };

      await expect(requests[method as keyof typeof requests]()).rejects.toMatchObject({
        code: 'SERVER_UNREACHABLE',
        message: /was redirected to http:\/\/127\.0\.0\.1/,
      });
      expect(seen).toEqual([]);
    },
  );
});

describe('time limits', () => {
  test('end a request that is not answered', async () => {
    const url = await serve(() => undefined);

    await expect(createClient({ url, timeoutMs: 60, retries: 0 }).listJobs()).rejects.toThrow(
      /no complete answer within 0.1 s/,
    );
  });

  test('end an answer that stops half-way', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('[');
    });

    await expect(createClient({ url, timeoutMs: 60, retries: 0 }).listJobs()).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
  });
});

describe('an upload', () => {
  test('has a length and arrives whole', async () => {
    let length: string | undefined;
    let sizeBytes = 0;
    const url = await serve((request, response) => {
      length = request.headers['content-length'];
      request.on('data', (chunk: Buffer) => (sizeBytes += chunk.length));
      request.on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"d"}');
      });
    });
    const buildContext = Array.from({ length: 40 }, () => 'A'.repeat(100_000));

    await createClient({ url }).deploy({ manifest: {} }, { buildContext });

    expect(sizeBytes).toBeGreaterThan(4_000_000);
    expect(length).toBe(String(sizeBytes));
  });
});

describe('TLS', () => {
  test.skipIf(!hasOpenssl())('certificates are verified', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'racetrack-tls-'));
    try {
      const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
      const subject = ['-subj', '/CN=127.0.0.1', '-days', '1'];
      const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
      execFileSync('openssl', [...request, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
      const options = { key: readFileSync(key), cert: readFileSync(cert) };
      const address = await listen(createTlsServer(options, (_request, response) => void response.end()));

      await expect(createClient({ url: `https://${address}`, retries: 0 }).info()).rejects.toMatchObject({
        message: /not signed by a trusted authority/,
        hint: /NODE_EXTRA_CA_CERTS/,
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
