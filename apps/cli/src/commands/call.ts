import { type Answer, errorFromAnswer, type LifecycleClient } from '@racetrack-platform/client';
import { PlatformError, scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { adviseOnFailure } from '../call/advise-on-failure.ts';
import { jobUrl } from '../call/job-url.ts';
import { parseExactJson, renderExactJson } from '../call/exact-json.ts';
import { formParts, packForm } from '../call/form-parts.ts';
import { readPayload } from '../call/read-payload.ts';
import { renderCurl } from '../call/render-curl.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';
import { remoteFlag } from '../remote/select-remote.ts';

const DEFAULT_TIMEOUT_S = 300;
const LONGEST_TIMEOUT_S = 86_400;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const BODILESS = new Set<string>(['GET', 'HEAD']);

const inputSchema = z.object({
  name: z.string().min(1),
  endpoint: z.string(),
  payload: z.string().optional(),
  remote: z.string().optional(),
  version: z.string().min(1).default('latest'),
  method: z.string().toUpperCase().pipe(z.enum(METHODS)).default('POST'),
  file: z.array(z.string()).default([]),
  curl: z.boolean().default(false),
  timeout: z.coerce.number().positive().max(LONGEST_TIMEOUT_S).default(DEFAULT_TIMEOUT_S),
});
type CallInput = z.infer<typeof inputSchema>;

interface CallResult {
  readonly url: string;
  readonly status: number;
  readonly content_type: string;
  readonly body: unknown;
}

type CallOutcome =
  | { readonly kind: 'curl'; readonly command: string }
  | { readonly kind: 'answer'; readonly answer: Answer };

/** `racetrack call`: with the token that the client holds. It prints by itself, since the answer may be bytes. */
export const callCommand = defineCommand<CallInput, CallResult | undefined>({
  input: inputSchema,
  async run(context, input) {
    const outcome = await call(context, input);
    const { stdout } = context.io;
    if (outcome.kind === 'curl') {
      if (context.format === 'json')
        stdout.write(`${JSON.stringify({ command: outcome.command }, null, 2)}\n`);
      else stdout.write(`${outcome.command}\n`);
      return undefined;
    }
    const { answer } = outcome;
    if (context.format !== 'json') stdout.write(renderBody(answer, stdout.isTerminal));
    if (answer.isCut) throw explainCut(input);
    if (context.format === 'json') stdout.write(`${renderExactJson(presentAnswer(answer), 2)}\n`);
    return undefined;
  },
  render: () => '',
});

async function call(context: CommandContext, input: CallInput): Promise<CallOutcome> {
  const { io, log } = context;
  const body = await readBody(context, input);
  const form = input.file.length === 0 ? undefined : formParts(input.file, body);
  const packed = form === undefined || input.curl ? undefined : await packForm(io.cwd, form);
  const { client, remote, token } = await openSession(context, input.remote);
  const job = await findJob(client, input, context);
  const url = jobUrl(job.pub_url, input.endpoint);
  if (input.curl) {
    const tokenCommand = token === '' ? undefined : `racetrack get auth-token${remoteFlag(remote)}`;
    return { kind: 'curl', command: renderCurl({ method: input.method, url, body, form, tokenCommand }) };
  }
  log.info(`Calling job "${input.name} ${job.version}" at ${scrub(url)}`);
  const answer = await client.callJob(
    { url, method: input.method, body: packed ?? body, timeoutMs: input.timeout * 1000 },
    { signal: io.signal },
  );
  if (answer.status >= 400) throw explainFailure(answer, input, job.version);
  log.info('Response:');
  return { kind: 'answer', answer };
}

/**
 * The job's address, as lifecycle tells it. While its store is away, pub goes on serving what it knows: lifecycle can
 * still say where pub is, and pub resolves the version by itself.
 */
async function findJob(
  client: LifecycleClient,
  { name, version }: CallInput,
  { io, log }: CommandContext,
): Promise<{ readonly version: string; readonly pub_url?: string | null | undefined }> {
  try {
    return await client.getJob(name, version, { signal: io.signal });
  } catch (error) {
    if (!PlatformError.is(error) || error.code !== 'STORE_UNAVAILABLE') throw error;
    const { external_pub_url: pub } = await client.info({ signal: io.signal });
    if (pub === undefined || pub === '') throw error;
    log.warn(`${error.message}; calling pub directly`);
    return { version, pub_url: `${pub}/job/${encodeURIComponent(name)}/${encodeURIComponent(version)}` };
  }
}

function explainCut({ name, version }: CallInput): PlatformError {
  return new PlatformError('SERVER_UNREACHABLE', 'the answer was cut off before its end', {
    hint: `The job has failed while it answered, or the connection broke. See what it printed: racetrack logs ${name} --version ${version}`,
  });
}

function explainFailure(answer: Answer, { name, endpoint }: CallInput, version: string): PlatformError {
  const error = errorFromAnswer(answer, `Job ${name} ${version} response error`);
  const hint = adviseOnFailure(answer, { name, endpoint, version, told: error.hint });
  return hint === undefined ? error : new PlatformError(error.code, error.message, { cause: error, hint });
}

async function readBody(context: CommandContext, input: CallInput): Promise<string | undefined> {
  const isBodiless = BODILESS.has(input.method);
  if (input.payload !== undefined || (isBodiless && input.file.length > 0)) {
    if (!isBodiless) return await readPayload(context.io, input.payload ?? '{}');
    throw new PlatformError('USAGE', `${input.method} takes no payload`, {
      hint: 'Put parameters into the endpoint: /path?name=value.',
    });
  }
  if (input.method !== 'POST' || input.file.length > 0) return undefined;
  throw new PlatformError('USAGE', "Missing argument 'payload'.", {
    hint: `For a call without parameters give '{}'; for another method, --method GET.`,
  });
}

function presentAnswer({ url, status, contentType, isJson, text }: Answer): CallResult {
  return { url, status, content_type: contentType, body: isJson ? (parseExactJson(text) ?? text) : text };
}

/** JSON is indented; anything else is printed as it came, bytes included. */
function renderBody({ isJson, text, bytes }: Answer, isTerminal: boolean): string | Uint8Array {
  const value = isJson ? parseExactJson(text) : undefined;
  if (value !== undefined) return `${renderExactJson(value, 4)}\n`;
  if (!isTerminal) return bytes;
  return text.endsWith('\n') ? terminalSafe(text, true) : `${terminalSafe(text, true)}\n`;
}
