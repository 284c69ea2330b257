import type { FastifyInstance } from 'fastify';
import { createApp, withDeps } from '../http/create-app.ts';
import { escRoutes } from '../escs/esc-routes.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { administrationRoutes } from '../users/administration-routes.ts';
import { userRoutes } from '../users/user-routes.ts';
import type { TestAccess } from './open-test-access.ts';
import { tokenRoutes } from './token-routes.ts';

/** What a request was answered. */
export interface TestAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly cookie: string | undefined;
}

/** Every route about accounts, for tests. */
export interface TestApp {
  /** @param token - sent in the header; none when it is empty. */
  call(
    token: string,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    payload?: unknown,
  ): Promise<TestAnswer>;
  close(): Promise<void>;
}

/** The HTTP application over the accounts of a test; paths are those after `/api/v1`. */
export async function openTestApp(access: TestAccess): Promise<TestApp> {
  const cookie = { secure: false };
  const deps = { store: access.store, tokens: access.tokens, now: () => access.clock.nowMs };
  const app: FastifyInstance = await createApp({
    logger: createLogger({ level: 'silent', name: 'test' }),
    metrics: createMetrics({ defaults: false }),
    authenticator: access.authenticator,
    routes: [
      withDeps(userRoutes, { accounts: access.accounts, cookie }),
      withDeps(tokenRoutes, { ...deps, cookie }),
      withDeps(administrationRoutes, deps),
      withDeps(escRoutes, deps),
    ],
    readiness: {},
    checkDatabase: () => {},
    versions: { gitVersion: 'dev', dockerTag: '' },
  });
  return {
    async call(token, method, path, payload) {
      const answer = await app.inject({
        method,
        url: `/lifecycle/api/v1${path}`,
        headers: token === '' ? {} : { 'x-racetrack-auth': token },
        ...(payload !== undefined && { payload: payload as object }),
      });
      const header = answer.headers['set-cookie'];
      return {
        status: answer.statusCode,
        body: answer.json<unknown>(),
        cookie: header === undefined ? undefined : String(header),
      };
    },
    close: async () => await app.close(),
  };
}
