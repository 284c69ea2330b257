import { z } from 'zod';

/** A regular expression, as text. */
const pattern = z.string().refine((text) => isPattern(text), { message: 'is not a regular expression' });

/** What the answer to a call has to be; every line of it counts. */
const expectationSchema = z.strictObject({
  /** HTTP status. */
  status: z.int().min(100).max(599).default(200),
  /** The whole answer, read as JSON. */
  json: z.json().optional(),
  /** What the answer has to have at least: members of objects may be more. */
  jsonMatches: z.json().optional(),
  /** The answer is a number within a millionth of this one. */
  approximately: z.number().optional(),
  /** The answer is a number from the first to the second one, both included. */
  between: z.tuple([z.number(), z.number()]).optional(),
  /** The text of the answer is matched somewhere. */
  matches: pattern.optional(),
  /** The text of the answer holds these words; one, or several. */
  contains: z.union([z.string(), z.array(z.string())]).optional(),
  /** The answer is, byte for byte, this file of the sample. */
  sameAs: z.string().optional(),
  /** Headers of the answer by name, each matched somewhere. */
  headers: z.record(z.string(), pattern).default({}),
});

/** One call, below `/pub/job/NAME/latest`, and what comes of it. */
const callSchema = z.strictObject({
  /** Shown when it fails. @defaultValue method and path */
  title: z.string().optional(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).default('POST'),
  path: z.string().startsWith('/').default('/api/v1/perform'),
  /** Sent as JSON; `${pub}` in it stands for the address of pub, such as `http://127.0.0.1:7005/pub`. */
  body: z.json().optional(),
  /** Sent as `application/x-www-form-urlencoded`. */
  form: z.record(z.string(), z.string()).optional(),
  /** Sent as `multipart/form-data`: files of the sample by field. */
  files: z.record(z.string(), z.string()).optional(),
  headers: z.record(z.string(), z.string()).default({}),
  /** Sent over a WebSocket, each after the answer to the one before; what is expected is the list of the answers. */
  sends: z.array(z.string()).optional(),
  /** Repeated until it is answered as expected: for what a job does in the background. */
  eventually: z.boolean().default(false),
  /** Without a token, as anybody on the network. */
  anonymous: z.boolean().default(false),
  expect: expectationSchema.prefault({}),
});

/** What `calls.yaml` of a sample declares (docs/guides/samples.md). */
export const sampleCallsSchema = z.strictObject({
  /** Samples, by folder: deployed first, and this one may call them. It may name itself. */
  needs: z.array(z.string()).default([]),
  /** A program that the machine must have for it; without, the sample is skipped. */
  needsToolchain: z.enum(['go', 'cargo']).optional(),
  /** Takes too long for every test run: only `npm run proof -- samples` has it. */
  slow: z.boolean().default(false),
  /** Endpoints of the job that an administrator opens to everybody. */
  opens: z.array(z.string()).default([]),
  /** What the manifest that the server has must have at least, after `extends`. */
  manifest: z.json().optional(),
  calls: z.array(callSchema).min(1),
  /** What must be in the job's log after the calls, each matched somewhere. */
  logs: z.array(pattern).default([]),
});

export type SampleCalls = z.infer<typeof sampleCallsSchema>;
export type SampleCall = SampleCalls['calls'][number];

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
