import type { FastifyInstance, FastifyRequest, LightMyRequestResponse } from 'fastify';
import { openTestAccess, type TestAccess } from '../auth/open-test-access.ts';
import { createApp, type Routes } from '../http/create-app.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';

export type TestMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The HTTP application with some routes, on a store of its own, for tests of what these routes answer. */
export interface TestApp extends AsyncDisposable {
  readonly access: TestAccess;
  readonly app: FastifyInstance;
  /** One request with a token; an empty one is not sent. */
  request(
    method: TestMethod,
    path: string,
    options?: { token?: string; body?: unknown },
  ): Promise<TestAnswer>;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The body as JSON, of whatever type the test expects. */
  readonly json: LightMyRequestResponse['json'];
}

/** @param compose - what is under test, made from accounts on a fresh store. */
export async function openTestApp(
  compose: (access: TestAccess) => {
    routes: Routes[];
    checkRequest?: (request: FastifyRequest) => Promise<void>;
  },
): Promise<TestApp> {
  const access = await openTestAccess();
  const app = await createApp({
    logger: createLogger({ level: 'silent', name: 'test' }),
    metrics: createMetrics({ defaults: false }),
    authenticator: access.authenticator,
    readiness: {},
    checkDatabase: () => {},
    versions: { gitVersion: '0.1.0', dockerTag: '2.36.0' },
    ...compose(access),
  });
  return {
    access,
    app,
    async request(method, path, { token = '', body } = {}) {
      const answer = await app.inject({
        method,
        url: `/lifecycle/api/v1${path}`,
        headers: {
          ...(token !== '' && { 'x-racetrack-auth': token }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      });
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.body,
        json: answer.json,
      };
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await access.close();
    },
  };
}
