import { Agent } from 'node:http';
import { describe, expect, test } from 'vitest';
import { aRefusal, present } from './error-shape.ts';
import { call, PERFORM, type WrapperSuite } from './wrapper-suite.ts';

const PAGES = ['/live', '/ready', '/health', '/metrics', '/metrics/', '/docs', '/openapi.json'];
const GET_ADDRESSES = [...PAGES, '/api/v1/parameters'];
const PREFIXES = ['', '/pub/job/adder/1.2.3', '/pub/fatman/any/latest', '/pub/job/%C3%A4%20b/0.0.1-alpha'];

/** Under which addresses a wrapper serves what, and how it refuses the rest. */
export function describeAddresses({ shared, start }: WrapperSuite): void {
  describe('addresses', () => {
    test.each(PREFIXES)('everything is served below %j', async (prefix) => {
      const wrapper = await shared();

      const answers = await Promise.all(
        GET_ADDRESSES.map(async (path) => await wrapper.request(`${prefix}${path}`)),
      );
      const called = await wrapper.request(`${prefix}${PERFORM}`, {
        json: { mode: 'add', numbers: [40, 2] },
      });

      expect(answers.map(({ status }, index) => [GET_ADDRESSES[index], status])).toEqual(
        GET_ADDRESSES.map((path) => [path, 200]),
      );
      expect([called.status, called.text]).toEqual([200, '42']);
    });

    test.each(PREFIXES)(
      'the root page below %j leads to the documentation, under the alias of the caller',
      async (prefix) => {
        const wrapper = await shared();

        const { status, headers } = await wrapper.request(`${prefix}/`);

        expect(status).toBe(307);
        expect(followLocation(headers.location, '/pub/job/alias/latest/')).toBe('/pub/job/alias/latest/docs');
      },
    );

    test.each(['/pub/job/adder/1.2.3', '/pub/fatman/adder/latest'])(
      '%s leads to itself with a slash',
      async (prefix) => {
        const wrapper = await shared();

        const { status, headers } = await wrapper.request(prefix);

        expect(status).toBe(307);
        expect(followLocation(headers.location, prefix)).toBe(`${prefix}/`);
      },
    );

    test('a job may have another home page, and listen on a port', async () => {
      const port = await findFreePort();
      const wrapper = await start({ port, extra: { home_page: '/api/v1/parameters' } });
      await wrapper.untilReady();

      const { status, headers } = await wrapper.request('/');

      expect(status).toBe(307);
      expect(followLocation(headers.location, '/')).toBe('/api/v1/parameters');
      expect((await call(wrapper, { mode: 'add', numbers: [40, 2] })).text).toBe('42');
    });

    test.each(GET_ADDRESSES)('HEAD %s is answered as GET is, without a body', async (path) => {
      const wrapper = await shared();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });

      const head = await wrapper.request(path, { method: 'HEAD', agent });
      const next = await wrapper.request('/live', { agent });
      agent.destroy();

      expect([head.status, head.text, next.status]).toEqual([200, '', 200]);
    });

    test.each([
      ['POST', '/live', 'GET'],
      ['DELETE', '/docs', 'GET'],
      ['PUT', '/pub/job/adder/1.2.3/openapi.json', 'GET'],
      ['GET', PERFORM, 'POST'],
      ['DELETE', PERFORM, 'POST'],
    ])('%s %s is refused with 405 and Allow: %s', async (method, path, allowed) => {
      const wrapper = await shared();

      const answer = await wrapper.request(path, { method });

      expect(present(answer)).toEqual(aRefusal(405));
      expect(answer.headers.allow?.split(/, */)).toContain(allowed);
    });

    test.each([
      '/nothing',
      '/api/v1/nothing',
      '/live/nothing',
      '/docs/nothing.js',
      '/docs/../../../../../../../../etc/passwd',
      '/docs/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd',
      '/pub/job/adder/1.2.3/nothing',
    ])('%s is 404', async (path) => {
      const wrapper = await shared();

      expect(present(await wrapper.request(path))).toEqual(aRefusal(404));
    });
  });
}

/** Where a browser ends up that asked for this path. */
function followLocation(location: string | undefined, path: string): string {
  expect(location).not.toMatch(/^(?:\w+:)?\/\//);
  return new URL(location ?? '', `http://host${path}`).pathname;
}

async function findFreePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, () => resolve());
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}
