import type { Answer } from '@racetrack-platform/client';
import { adviseOnJobError } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { terminalSafe } from '../output/terminal-safe.ts';

const API = '/api/v1/';
/** What an administrator has to run, in the words of the server; a job repeats it when it was refused by another one. */
const GRANT_COMMAND =
  /racetrack permission grant [\w@:.-]+ \w+(?: --(?:job|family|endpoint) [\w@%+=:,./-]*[\w/])*/;
const bodySchema = z.object({ error: z.string().optional(), hint: z.string().min(1).optional() });

export interface FailedCall {
  readonly name: string;
  readonly endpoint: string;
  /** Resolved, as far as it is known. */
  readonly version: string;
  /** What is advised for the code of the answer. */
  readonly told: string | undefined;
}

/**
 * Says what to do about a call that failed.
 *
 * @param answer - of a status of 400 or above; of a job, so that nothing in it is to be trusted.
 * @returns undefined when the answer says it all.
 */
export function adviseOnFailure(
  answer: Pick<Answer, 'status' | 'isJson' | 'text'>,
  { name, endpoint, version, told }: FailedCall,
): string | undefined {
  const body = readBody(answer);
  if (body.hint !== undefined) return terminalSafe(body.hint, true);
  const command = GRANT_COMMAND.exec(body.error ?? '')?.[0];
  if (command !== undefined) return `Ask an administrator for the permission: ${command}`;
  if (told !== undefined) return told;
  const path = `/${endpoint}`.replace(/^\/+/, '/');
  if (answer.status === 404 && /^\/\w+$/.test(path))
    return `The functions of a job are below ${API}: racetrack call ${name} ${API}${path.slice(1)} …`;
  if (answer.status < 500) return undefined;
  // Of Python's KeyError the message is nothing but the key.
  const advice = adviseOnJobError(body.error ?? '') ?? adviseOnJobError(`KeyError: ${body.error}`);
  return advice ?? `See what the job printed: racetrack logs ${name} --version ${version}`;
}

function readBody({ isJson, text }: Pick<Answer, 'isJson' | 'text'>): z.infer<typeof bodySchema> {
  if (!isJson) return {};
  try {
    return bodySchema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
