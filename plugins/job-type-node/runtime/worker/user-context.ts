import { callJob, type CallJob } from './call-job.ts';
import { JobContext } from './job-context.ts';
import { userLog } from './user-log.ts';

/** The second argument of the job's functions. */
export class UserContext extends JobContext {
  /** Lines with the tracing id of the call. */
  get log(): typeof userLog {
    return userLog;
  }

  /** Calls another job on behalf of this call. */
  get callJob(): CallJob {
    return callJob;
  }
}
