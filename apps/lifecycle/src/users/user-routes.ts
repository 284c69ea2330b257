import cookie from '@fastify/cookie';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  changePasswordPayloadSchema,
  loginPayloadSchema,
  userProfileDtoSchema,
} from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { requireUser } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import type { AccountService } from './account-service.ts';
import { expireSessionCookie, setSessionCookie, type SessionCookieOptions } from './session-cookie.ts';

export interface UserRoutesDeps {
  readonly accounts: AccountService;
  readonly cookie: SessionCookieOptions;
}

const tags = ['users'];
const nothing = { 200: z.null() };

/** Routes of `/api/v1/users`. */
export const userRoutes: FastifyPluginAsyncZod<UserRoutesDeps> = async (app, deps) => {
  const { accounts } = deps;
  await app.register(cookie);

  app.get(
    '/api/v1/users/validate_user_auth',
    { schema: { tags, summary: 'Who the token belongs to', response: { 200: userProfileDtoSchema } } },
    async (request) => {
      const subject = await authenticated(request);
      requireUser(subject);
      return await accounts.getProfile(subject.name);
    },
  );

  app.post(
    '/api/v1/users/login',
    {
      schema: {
        tags,
        summary: 'Exchange name and password for a token',
        security: [],
        body: loginPayloadSchema,
        response: { 200: userProfileDtoSchema },
      },
    },
    async (request, reply) => {
      const { username, password } = request.body;
      const profile = await accounts.login(username, password, request.ip);
      setSessionCookie(reply, deps.cookie, profile.token);
      return profile;
    },
  );

  app.get(
    '/api/v1/users/logout',
    { schema: { tags, summary: 'Forget the session cookie', security: [], response: nothing } },
    async (_request, reply) => {
      expireSessionCookie(reply, deps.cookie);
      return null;
    },
  );

  app.post(
    '/api/v1/users/register',
    {
      schema: {
        tags,
        summary: 'Ask for an account; an administrator has to activate it',
        security: [],
        body: loginPayloadSchema,
        response: nothing,
      },
    },
    async (request) => {
      await accounts.register(request.body.username, request.body.password, request.ip);
      return null;
    },
  );

  app.put(
    '/api/v1/users/change_password',
    {
      schema: {
        tags,
        summary: 'Change the own password',
        body: changePasswordPayloadSchema,
        response: nothing,
      },
    },
    async (request) => {
      const { old_password, new_password } = request.body;
      // Racetrack 2.36 looks at this before it looks at the token.
      if (new_password === '') throw new PlatformError('BAD_REQUEST', 'Password cannot be empty');
      const subject = await authenticated(request);
      requireUser(subject);
      await accounts.changePassword(subject.name, { old: old_password, new: new_password }, request.ip);
      return null;
    },
  );
};
