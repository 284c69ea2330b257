import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AUTH_COOKIE } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import type { Authenticator } from '../auth/authenticate.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { createServer, type CreateServerOptions } from '../http/create-server.ts';
import { probeRoutes, type ProbeRoutesDeps } from '../http/probe-routes.ts';
import type { AccountService } from '../users/account-service.ts';
import { expireSessionCookie, setSessionCookie, type SessionCookieOptions } from '../users/session-cookie.ts';
import { renderHomePage, type DashboardJob } from './home-page.ts';
import { CONTENT_SECURITY_POLICY } from './page.ts';
import { requireSameOrigin } from './same-origin.ts';
import { renderSignInPage } from './sign-in-page.ts';

export interface CreateDashboardAppOptions
  extends Omit<CreateServerOptions, 'prefix' | 'limits'>, ProbeRoutesDeps {
  readonly authenticator: Authenticator;
  readonly accounts: AccountService;
  readonly cookie: SessionCookieOptions;
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
  readonly externalLifecycleUrl: string;
  /** The jobs that somebody may read. */
  readonly listJobs: (subject: AuthenticatedSubject) => Promise<readonly DashboardJob[]>;
}

/** Forms are small. */
const LIMITS = { bodyBytes: 16_384, requestTimeoutMs: 30_000 };

const loginForm = z.object({ username: z.string(), password: z.string() });

/**
 * The sign-in page at `/` and `/dashboard/`, ready but not listening. It sets the session cookie, with which a browser
 * opens jobs through pub. Forms answer pages of this very origin only, and lead back to this page only.
 */
export async function createDashboardApp(options: CreateDashboardAppOptions): Promise<FastifyInstance> {
  const app = createServer({ ...options, limits: LIMITS, prefix: '/dashboard' });
  await app.register(cookie);
  addFormParser(app);
  await app.register(probeRoutes, options);
  addPages(app, options);
  await app.ready();
  return app;
}

function addPages(app: FastifyInstance, options: CreateDashboardAppOptions): void {
  app.get('/', async (request, reply) => {
    const visitor = await findVisitor(options.authenticator, request);
    return await sendPage(reply, visitor ? await renderHome(options, visitor) : renderSignInPage());
  });

  app.post('/login', async (request, reply) => {
    requireSameOrigin(request.headers);
    const { username, password } = loginForm.catch({ username: '', password: '' }).parse(request.body);
    try {
      const profile = await options.accounts.login(username, password, request.ip);
      setSessionCookie(reply, options.cookie, profile.token);
      return await returnHome(reply);
    } catch (error) {
      if (!PlatformError.is(error)) throw error;
      const status = error.code === 'NOT_AUTHENTICATED' ? 401 : 503;
      const page = renderSignInPage({ message: error.message, hint: error.hint, username });
      return await sendPage(reply.code(status), page);
    }
  });

  app.post('/logout', async (request, reply) => {
    requireSameOrigin(request.headers);
    expireSessionCookie(reply, options.cookie);
    return await returnHome(reply);
  });

  app.post('/token', async (request, reply) => {
    requireSameOrigin(request.headers);
    const visitor = await findVisitor(options.authenticator, request);
    if (visitor === undefined) return await returnHome(reply);
    const { token } = await options.accounts.getProfile(visitor.name);
    return await sendPage(reply, await renderHome(options, visitor, token));
  });
}

async function renderHome(
  options: CreateDashboardAppOptions,
  visitor: AuthenticatedSubject,
  token?: string,
): Promise<string> {
  const { externalPubUrl, externalLifecycleUrl, listJobs } = options;
  const jobs = await listJobs(visitor);
  return renderHomePage({ username: visitor.name, jobs, externalPubUrl, externalLifecycleUrl, token });
}

/** Who is signed in; `undefined` for nobody, or somebody whose cookie is no longer good. */
async function findVisitor(
  authenticator: Authenticator,
  request: FastifyRequest,
): Promise<AuthenticatedSubject | undefined> {
  const token = request.cookies[AUTH_COOKIE];
  if (token === undefined || token === '') return undefined;
  try {
    const subject = await authenticator.authenticateToken(token);
    return subject.kind === 'user' ? subject : undefined;
  } catch (error) {
    if (PlatformError.is(error) && error.code === 'NOT_AUTHENTICATED') return undefined;
    throw error;
  }
}

async function sendPage(reply: FastifyReply, page: string): Promise<FastifyReply> {
  reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
  reply.header('referrer-policy', 'same-origin');
  return await reply.type('text/html; charset=utf-8').send(page);
}

/** The forms' targets lie beside the page, so that this leads back to it under `/` and under `/dashboard/`. */
async function returnHome(reply: FastifyReply): Promise<FastifyReply> {
  return await reply.redirect('./', 303);
}

function addFormParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(body.toString())));
    },
  );
}
