import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  keyDtoSchema,
  keyNameSchema,
  rotatedKeyDtoSchema,
  rotateKeyPayloadSchema,
  type KeyDto,
} from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { describeKey, fingerprintOf } from '@racetrack-platform/keys';
import { actorOf } from '../auth/actor.ts';
import { requireStaff } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import type { KeyName } from './key-ring.ts';
import { rotateLiveKey, type RotateLiveDeps } from './rotate-live.ts';

const tags = ['keys'];

/** What is left to do for people after a key was replaced. */
const ADVICE: Readonly<Record<KeyName, readonly string[]>> = {
  auth: [
    'Every former token is refused: sign in again.',
    'Give external services their new tokens: racetrack esc show ID.',
    'Jobs that run call others with their former token until they are provisioned anew: racetrack reprovision NAME.',
    'Back up the new key.',
  ],
  secrets: ['Tokens, jobs and passwords are as they were.', 'Back up the new key.'],
};

/** The keys of the store, for staff. Ours; the keys themselves never leave the server. */
export const keyRoutes: FastifyPluginAsyncZod<RotateLiveDeps> = async (app, deps) => {
  let isBusy = false;

  app.get(
    '/api/v1/keys',
    {
      schema: {
        tags,
        summary: 'Tell which keys the store has, by fingerprint and age; for staff',
        response: { 200: z.array(keyDtoSchema) },
      },
    },
    async (request) => {
      requireStaff(await authenticated(request));
      return [await present(deps, 'auth'), await present(deps, 'secrets')];
    },
  );

  app.post(
    '/api/v1/keys/:name/rotate',
    {
      schema: {
        tags,
        summary:
          'Replace a key and everything made with it: auth cuts off every token, secrets is noticed by nobody; for staff',
        params: z.object({ name: keyNameSchema }),
        body: rotateKeyPayloadSchema,
        response: { 200: rotatedKeyDtoSchema },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireStaff(subject);
      const { name } = request.params;
      const { fingerprint } = request.body;
      if (isBusy) {
        throw new PlatformError('KEY_NOT_REPLACEABLE', 'a key is being replaced right now', {
          hint: 'Wait for it to end, and look at GET /api/v1/keys.',
        });
      }
      isBusy = true;
      try {
        const actor = actorOf(subject, request.ip);
        const count = await rotateLiveKey(deps, { name, fingerprint, actor });
        const key = await present(deps, name);
        return { key, former_fingerprint: fingerprint, count, advice: [...ADVICE[name]] };
      } finally {
        isBusy = false;
      }
    },
  );
};

async function present({ keys, sources }: RotateLiveDeps, name: KeyName): Promise<KeyDto> {
  const { authKey, secretsKey } = keys.current();
  const { source, madeAt } = await describeKey(sources, name);
  return {
    name,
    fingerprint: fingerprintOf(name, name === 'auth' ? authKey : secretsKey),
    source,
    made_at: madeAt === null ? null : Math.floor(madeAt / 1_000),
  };
}
