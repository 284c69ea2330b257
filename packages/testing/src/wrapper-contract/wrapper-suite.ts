import type { PubStub } from './pub-stub.ts';
import type { WrapperAnswer, WrapperRequest } from './wrapper-client.ts';
import type { StartedWrapper, StartOptions, WrapperCapabilities } from './wrapper-harness.ts';

/** What the tests of one wrapper have in common. */
export interface WrapperSuite {
  readonly capabilities: WrapperCapabilities;
  /** Takes the onward calls of every instance. */
  readonly pub: () => PubStub;
  /** The instance that all tests share which leave no trace. Ready. */
  readonly shared: () => Promise<StartedWrapper>;
  /** Another one, which the platform has told all that there is to tell (see {@link IDENTITY}). Ready. */
  readonly told: () => Promise<StartedWrapper>;
  /** An instance of one test's own. */
  readonly start: (options?: StartOptions) => Promise<StartedWrapper>;
}

export const PERFORM = '/api/v1/perform';

/** Token of every instance; never to be seen in a log. */
export const AUTH_TOKEN = 'token-of-the-conformance-job';

/** What the platform tells a job, in names and forms other than the usual ones. */
export const IDENTITY = {
  GIT_VERSION: '0123abc',
  DEPLOYED_BY_RACETRACK_VERSION: '2.36.0',
  LOG_STRUCTURED: 'True',
  LOG_CALLER_NAME: '1',
  REQUEST_TRACING_HEADER: 'X-Own-Trace',
  CALLER_NAME_HEADER: 'X-Own-Caller',
};

/** Bytes that the body of a call may have in the shared instance. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Calls the job with these arguments. */
export async function call(
  wrapper: StartedWrapper,
  args: Readonly<Record<string, unknown>>,
  options: WrapperRequest = {},
): Promise<WrapperAnswer> {
  return await wrapper.request(PERFORM, { json: args, ...options });
}

let count = 0;

/** A word that no other test uses, to be looked for in a log. */
export function makeWord(kind: string): string {
  count += 1;
  return `${kind}-${count}-${process.pid}`;
}
