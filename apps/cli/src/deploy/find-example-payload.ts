import { z } from 'zod';
import type { LifecycleClient } from '@racetrack-platform/client';

/** A suggestion must not keep anybody waiting. */
const TIMEOUT_MS = 1_000;
/** Longer examples do not belong in a command to copy. */
const MAX_LENGTH = 200;
const NOTHING = '{}';

const documentSchema = z.object({
  paths: z.object({
    '/api/v1/perform': z.object({
      post: z.object({
        requestBody: z.object({
          content: z.object({
            'application/json': z.object({
              schema: z.object({
                default: z.record(z.string(), z.unknown()).catch({}),
                required: z.array(z.string()).catch([]),
              }),
            }),
          }),
        }),
      }),
    }),
  }),
});

/**
 * Finds a payload to suggest for a job's main action, from the job's own description: its author's example, else the
 * names of what it needs.
 *
 * @param pubUrl - of the job; `undefined` when the server told none.
 * @returns JSON; `{}` whenever there is nothing better.
 */
export async function findExamplePayload(
  client: Pick<LifecycleClient, 'callJob'>,
  pubUrl: string | undefined,
): Promise<string> {
  if (pubUrl === undefined) return NOTHING;
  try {
    const answer = await client.callJob({
      method: 'GET',
      url: `${pubUrl}/openapi.json`,
      timeoutMs: TIMEOUT_MS,
    });
    const body = documentSchema.parse(JSON.parse(answer.text));
    const { default: example, required } =
      body.paths['/api/v1/perform'].post.requestBody.content['application/json'].schema;
    const needed = Object.fromEntries(required.map((name) => [name, '…']));
    const payload = JSON.stringify(Object.keys(example).length > 0 ? example : needed);
    return payload.length <= MAX_LENGTH ? payload : NOTHING;
  } catch {
    return NOTHING;
  }
}
