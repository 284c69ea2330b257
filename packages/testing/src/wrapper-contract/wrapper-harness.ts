import type { WrapperAnswer, WrapperRequest } from './wrapper-client.ts';

/** What is true of one language's wrapper and cannot be asked of all; decides which tests run. */
export interface WrapperCapabilities {
  /** Why nothing can be tested on this machine, such as `there is no go on this machine`; the suite is skipped then. */
  readonly missing?: string | undefined;
  /** `exit` in a call is answered with 500, and the process stays. Elsewhere the process ends. */
  readonly containsExit: boolean;
  /** `/api/v1/parameters` and the OpenAPI document name the function's arguments. */
  readonly knowsParameters: boolean;
  /** Missing and unknown arguments are found before the call: 400. */
  readonly checksArguments: boolean;
  /** So are those of another type. @defaultValue `checksArguments` */
  readonly checksTypes?: boolean;
  /** A JSON array is a list of positional arguments, rather than 422. */
  readonly takesArrays: boolean;
  /** What can come out of `unencodable` is for the wrapper to find; not where the language has only JSON values. */
  readonly mayReturnUnencodable: boolean;
  /** Generators are streamed, and the connection of one that fails midway is cut. @defaultValue false */
  readonly cutsBrokenStreams?: boolean;
}

/** One language's wrapper with its conformance job, built once. */
export interface WrapperHarness extends AsyncDisposable {
  /** Starts one more instance of the job; resolves once the target has accepted it, not once it listens. */
  start(options?: StartOptions): Promise<StartedWrapper>;
  /** What the plan's steps have installed. */
  readonly environmentDir: string;
}

export interface StartOptions {
  /** Added to what every instance gets: `JOB_NAME` (`conformance`), `JOB_VERSION` (`1.2.3`) and so on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Common fields of `jobtype_extra`, such as `max_concurrency`; they reach the wrapper through the job type's plan. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Listens on this port instead of its socket. */
  readonly port?: number;
}

/** A running instance. */
export interface StartedWrapper {
  /** Sends one request; rejects when nobody listens or the connection breaks. */
  request(path: string, options?: WrapperRequest): Promise<WrapperAnswer>;
  /** Path of its socket, for what {@link request} cannot say. */
  readonly socketPath: string;
  /** Waits until `/ready` answers 200. Fails with its log when it does not come to that, at once if it never will. */
  untilReady(): Promise<StartedWrapper>;
  /** The wrapper's process. */
  pid(): Promise<number>;
  /** Sends a signal to the wrapper's process, and waits for nothing. */
  signal(name: 'SIGTERM' | 'SIGINT'): Promise<void>;
  /** Waits for its end; the exit code as a shell tells it. */
  exitCode(): Promise<number>;
  isRunning(): Promise<boolean>;
  /** All lines of its log so far. */
  log(): Promise<readonly string[]>;
}
