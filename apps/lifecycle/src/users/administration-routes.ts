import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  changeUserPayloadSchema,
  ownTokenDtoSchema,
  resetPasswordDtoSchema,
  userDtoSchema,
} from '@racetrack-platform/contracts';
import { actorOf, type Actor } from '../auth/actor.ts';
import { deleteTokenOf, listOwnTokens, type OwnTokensDeps } from '../auth/own-tokens.ts';
import { requireStaff } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { createUserAdministration } from './administer-users.ts';

const tags = ['users'];
const ofUser = z.object({ username: z.string() });

/** Routes about the accounts of others, for staff alone. */
export const administrationRoutes: FastifyPluginAsyncZod<OwnTokensDeps> = async (app, deps) => {
  const users = createUserAdministration(deps);

  app.get(
    '/api/v1/users',
    { schema: { tags, summary: 'List the accounts', response: { 200: z.array(userDtoSchema) } } },
    async (request) => {
      await staff(request);
      return await users.list();
    },
  );

  app.patch(
    '/api/v1/users/:username',
    {
      schema: {
        tags,
        summary: 'Activate or deactivate an account, or give it the rights of staff or take them',
        params: ofUser,
        body: changeUserPayloadSchema,
        response: { 200: userDtoSchema },
      },
    },
    async (request) => {
      const actor = await staff(request);
      return await users.change(request.params.username, request.body, actor);
    },
  );

  app.post(
    '/api/v1/users/:username/reset_password',
    {
      schema: {
        tags,
        summary: 'Give an account a new password, shown once, and revoke all its tokens',
        params: ofUser,
        response: { 200: resetPasswordDtoSchema },
      },
    },
    async (request) => {
      const actor = await staff(request);
      return await users.resetPassword(request.params.username, actor);
    },
  );

  app.get(
    '/api/v1/users/:username/tokens',
    {
      schema: {
        tags,
        summary: 'List the tokens of an account, without their texts',
        params: ofUser,
        response: { 200: z.array(ownTokenDtoSchema) },
      },
    },
    async (request) => {
      const { tokenId } = await authenticated(request);
      await staff(request);
      const { id } = await users.findSubject(request.params.username);
      return await listOwnTokens(deps, id, tokenId);
    },
  );

  app.delete(
    '/api/v1/users/:username/tokens/:id',
    {
      schema: {
        tags,
        summary: 'Revoke a token of an account',
        params: ofUser.extend({ id: z.string() }),
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const actor = await staff(request);
      const owner = await users.findSubject(request.params.username);
      await deleteTokenOf(deps, owner, request.params.id, actor);
      return null;
    },
  );
};

async function staff(request: FastifyRequest): Promise<Actor> {
  const subject = await authenticated(request);
  requireStaff(subject);
  return actorOf(subject, request.ip);
}
