import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import type { Authenticator } from '../auth/authenticate.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** @internal Use {@link authenticated}. */
    authenticatedSubject: Promise<AuthenticatedSubject> | undefined;
    /** @internal Use {@link authenticated}. */
    authenticate(): Promise<AuthenticatedSubject>;
  }
}

/** Teaches all requests of an app to say who sent them. */
export function addAuthentication(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest('authenticatedSubject', undefined);
  app.decorateRequest('authenticate', async function authenticate() {
    this.authenticatedSubject ??= authenticator.authenticate(this.headers);
    return await this.authenticatedSubject;
  });
}

/**
 * Who sent a request; looked up when first asked, once per request.
 *
 * @throws PlatformError `NOT_AUTHENTICATED`.
 */
export async function authenticated(request: FastifyRequest): Promise<AuthenticatedSubject> {
  return await request.authenticate();
}
