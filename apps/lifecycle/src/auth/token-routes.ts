import cookie from '@fastify/cookie';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  createdTokenDtoSchema,
  createTokenPayloadSchema,
  newTokenDtoSchema,
  ownTokenDtoSchema,
} from '@racetrack-platform/contracts';
import { authenticated } from '../http/authentication.ts';
import { setSessionCookie, type SessionCookieOptions } from '../users/session-cookie.ts';
import { actorOf } from './actor.ts';
import { createOwnToken, deleteTokenOf, listOwnTokens, type OwnTokensDeps } from './own-tokens.ts';
import { regenerateAll, regenerateOwn } from './regenerate-tokens.ts';
import { requireScope, requireUser } from './require-permission.ts';

export interface TokenRoutesDeps extends OwnTokensDeps {
  readonly cookie: SessionCookieOptions;
}

const tags = ['tokens'];
const nothing = { 200: z.null() };

/** The regeneration that covers all subjects of a kind, by the word in its path. */
const ALL_OF_KIND = {
  'user/all': ['user', 'all users: everybody has to sign in again'],
  job_family: ['job_family', 'all job families: running jobs have to be provisioned anew to call others'],
  esc: ['esc', 'all external services: they have to be given their new tokens'],
} as const;

/** Routes of `/api/v1/tokens` and `/api/v1/auth/token`, except those about one external service. */
export const tokenRoutes: FastifyPluginAsyncZod<TokenRoutesDeps> = async (app, deps) => {
  await app.register(cookie);

  app.get(
    '/api/v1/tokens',
    { schema: { tags, summary: 'List your own tokens', response: { 200: z.array(ownTokenDtoSchema) } } },
    async (request) => {
      const subject = await authenticated(request);
      requireUser(subject);
      return await listOwnTokens(deps, subject.subjectId, subject.tokenId);
    },
  );

  app.post(
    '/api/v1/tokens',
    {
      schema: {
        tags,
        summary: 'Make a named token; only this answer holds its text',
        body: createTokenPayloadSchema,
        response: { 200: createdTokenDtoSchema },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireUser(subject);
      return await createOwnToken(deps, subject, request.body, actorOf(subject, request.ip));
    },
  );

  app.delete(
    '/api/v1/tokens/:id',
    {
      schema: {
        tags,
        summary: 'Revoke one of your own tokens',
        params: z.object({ id: z.string() }),
        response: nothing,
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireUser(subject);
      const owner = { id: subject.subjectId, name: subject.name };
      await deleteTokenOf(deps, owner, request.params.id, actorOf(subject, request.ip));
      return null;
    },
  );

  app.post(
    '/api/v1/auth/token/user/regenerate',
    {
      schema: {
        tags,
        summary: 'Replace the texts of all your own tokens',
        response: { 200: newTokenDtoSchema },
      },
    },
    async (request, reply) => {
      const subject = await authenticated(request);
      requireUser(subject);
      const token = await regenerateOwn(deps, subject, actorOf(subject, request.ip));
      setSessionCookie(reply, deps.cookie, token);
      return { new_token: token };
    },
  );

  for (const [path, [kind, whom]] of Object.entries(ALL_OF_KIND)) {
    app.post(
      `/api/v1/auth/token/${path}/regenerate`,
      { schema: { tags, summary: `Replace the texts of the tokens of ${whom}`, response: nothing } },
      async (request) => {
        const subject = await authenticated(request);
        requireScope(subject, 'call_admin_api');
        await regenerateAll(deps, kind, actorOf(subject, request.ip));
        return null;
      },
    );
  }
};
