/** What jobs import as `racetrack-job`. */
export { callJob, JobCallError, type CallJobOptions } from '../worker/call-job.ts';
export { userLog as log } from '../worker/user-log.ts';
import { currentCall, type JobContext } from '../worker/job-context.ts';

/** Input that the job refuses: the caller gets 400 with the message. */
export class ValidationError extends Error {
  override name = 'ValidationError';
}

/** The context of the call that the running code belongs to; `undefined` outside of calls. */
export function request(): JobContext | undefined {
  return currentCall.getStore();
}
