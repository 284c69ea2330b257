import { z } from 'zod';
import type { LifecycleClient } from '@racetrack-platform/client';

/** A suggestion must not keep anybody waiting. */
const TIMEOUT_MS = 1_000;
/** Longer examples do not belong in a command to copy. */
const MAX_LENGTH = 200;
const NOTHING = '{}';

const inputSchema = z.object({
  default: z.record(z.string(), z.unknown()).catch({}),
  required: z.array(z.string()).catch([]),
  properties: z.record(z.string(), z.unknown()).optional().catch(undefined),
});
type InputSchema = z.infer<typeof inputSchema>;

const documentSchema = z.object({
  paths: z.object({
    '/api/v1/perform': z.object({
      post: z.object({
        requestBody: z.object({
          content: z.object({ 'application/json': z.object({ schema: inputSchema }) }),
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
    const payload = readExamplePayload(answer.text);
    return payload.length <= MAX_LENGTH ? payload : NOTHING;
  } catch {
    return NOTHING;
  }
}

/**
 * Reads the payload to suggest from a job's description.
 *
 * @param text - its `/openapi.json`.
 * @returns JSON; `{}` when the description does not tell.
 */
export function readExamplePayload(text: string): string {
  const input = readInputSchema(text);
  if (input === undefined) return NOTHING;
  const { default: example, required } = input;
  const needed = Object.fromEntries(required.map((name) => [name, '…']));
  return JSON.stringify(Object.keys(example).length > 0 ? example : needed);
}

/**
 * Reads the payload that a job is known to take.
 *
 * @param text - its `/openapi.json`.
 * @returns JSON: the author's example, or `{}` of a job that is known to need nothing; else undefined.
 */
export function readDocumentedExample(text: string): string | undefined {
  const input = readInputSchema(text);
  if (input === undefined) return undefined;
  const { default: example, required, properties } = input;
  if (Object.keys(example).length > 0) return JSON.stringify(example);
  // Wrappers that do not know the parameters tell no properties.
  return properties !== undefined && required.length === 0 ? NOTHING : undefined;
}

function readInputSchema(text: string): InputSchema | undefined {
  try {
    const { paths } = documentSchema.parse(JSON.parse(text));
    return paths['/api/v1/perform'].post.requestBody.content['application/json'].schema;
  } catch {
    return undefined;
  }
}
