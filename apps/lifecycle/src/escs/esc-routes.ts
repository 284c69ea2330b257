import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  authTokenDataSchema,
  createEscPayloadSchema,
  createEscTokenPayloadSchema,
  escAuthDataSchema,
  escDtoSchema,
  rotatedEscDtoSchema,
  rotateEscPayloadSchema,
  tokenTextDtoSchema,
} from '@racetrack-platform/contracts';
import { actorOf, type Actor } from '../auth/actor.ts';
import { requireScope, requireStaff } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { createEscService, type EscServiceDeps } from './esc-service.ts';

const tags = ['escs'];
const nothing = { 200: z.null() };
const ofEsc = z.object({ id: z.string() });
const ofToken = z.object({ id: z.string(), token_id: z.string() });

/** Routes about external service consumers. */
export const escRoutes: FastifyPluginAsyncZod<EscServiceDeps> = async (app, deps) => {
  const escs = createEscService(deps);

  app.get(
    '/api/v1/escs',
    { schema: { tags, summary: 'List the external services', response: { 200: z.array(escDtoSchema) } } },
    async (request) => {
      await staff(request);
      return await escs.list();
    },
  );

  app.post(
    '/api/v1/escs',
    {
      schema: {
        tags,
        summary: 'Add an external service, with its first token',
        body: createEscPayloadSchema,
        response: { 200: escDtoSchema },
      },
    },
    async (request) => await escs.create(request.body, await staff(request)),
  );

  app.delete(
    '/api/v1/escs/:id',
    {
      schema: {
        tags,
        summary: 'Remove an external service with its tokens and grants',
        params: ofEsc,
        response: nothing,
      },
    },
    async (request) => {
      await escs.delete(request.params.id, await staff(request));
      return null;
    },
  );

  app.get(
    '/api/v1/escs/:id/auth_data',
    {
      schema: {
        tags,
        summary: 'Show an external service with its tokens',
        params: ofEsc,
        response: { 200: escAuthDataSchema },
      },
    },
    async (request) => {
      await staff(request);
      return await escs.getAuthData(request.params.id);
    },
  );

  app.post(
    '/api/v1/escs/:id/auth_token',
    {
      schema: {
        tags,
        summary: 'Make another token of an external service',
        params: ofEsc,
        body: createEscTokenPayloadSchema,
        response: { 200: authTokenDataSchema },
      },
    },
    async (request) => {
      const actor = await staff(request);
      return await escs.createToken(request.params.id, request.body.expiry_time, actor);
    },
  );

  app.delete(
    '/api/v1/escs/:id/auth_token/:token_id',
    {
      schema: {
        tags,
        summary: 'Revoke a token of an external service',
        params: ofToken,
        response: nothing,
      },
    },
    async (request) => {
      const actor = await staff(request);
      await escs.deleteToken(request.params.id, request.params.token_id, actor);
      return null;
    },
  );

  app.post(
    '/api/v1/escs/:id/rotate',
    {
      schema: {
        tags,
        summary: 'Make a new token of an external service, and let the former ones end after a grace',
        params: ofEsc,
        body: rotateEscPayloadSchema.nullish(),
        response: { 200: rotatedEscDtoSchema },
      },
    },
    async (request) => {
      const actor = await staff(request);
      const { grace_seconds } = request.body ?? rotateEscPayloadSchema.parse({});
      return await escs.rotate(request.params.id, grace_seconds, actor);
    },
  );

  app.get(
    '/api/v1/auth/token/esc/:id',
    {
      schema: {
        tags,
        summary: 'Show the token of an external service',
        params: ofEsc,
        response: { 200: tokenTextDtoSchema },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireScope(subject, 'call_admin_api');
      return { token: await escs.getToken(request.params.id, subject, actorOf(subject, request.ip)) };
    },
  );
};

async function staff(request: FastifyRequest): Promise<Actor> {
  const subject = await authenticated(request);
  requireStaff(subject);
  return actorOf(subject, request.ip);
}
