/**
 * What crosses between the server's thread and the threads that run the job's code. Calls and answers travel as flat
 * arrays, many in one message: a message costs more than a call.
 */

/** Elements of one order: operation, id, and three values. */
export const ORDER_SIZE = 5;
export const Order = {
  /** id, index of the endpoint, headers, body */
  Call: 0,
  /** id, reason */
  Abort: 1,
  /** id: one chunk of a stream has left */
  Acknowledge: 2,
  /** id: the job's own metrics are asked for */
  Metrics: 3,
} as const;

/** Elements of one report: kind, id, media type (empty: JSON), body. */
export const REPORT_SIZE = 4;
/** Kinds below 100; anything else is the status of a complete answer. */
export const Report = { StreamStart: 1, StreamChunk: 2, StreamEnd: 3, StreamBreak: 4 } as const;
export const FIRST_STATUS = 100;

/** Chunks of a stream that may be on their way before the job's code has to wait. */
export const STREAM_WINDOW = 16;

export type OrderBatch = (number | string)[];
export type ReportBatch = (number | string | Uint8Array)[];

/** Separates names and values of headers, which cannot hold it. */
export const HEADER_SEPARATOR = '\n';

/** One argument of a function. */
export interface Parameter {
  readonly name: string;
  readonly type?: string;
  readonly default_value?: unknown;
}

/** An endpoint as it is documented. */
export interface EndpointDescription {
  /** Short address, such as `/perform`. */
  readonly path: string;
  readonly text: string;
  /** JSON schema of the input, as far as it is known. */
  readonly schema: object;
  /** What it answers; without a schema as far as that is not known. */
  readonly result: { readonly form: 'json' | 'stream' | 'bytes'; readonly schema?: object };
  readonly parameters: readonly Parameter[];
  readonly example: unknown;
}

export interface StaticFile {
  /** Short address, such as `/manifest`. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;
  readonly mediaType: string;
}

/** What the job's code turned out to be. */
export interface JobDescription {
  readonly endpoints: readonly EndpointDescription[];
  readonly staticFiles: readonly StaticFile[];
  readonly hasMetrics: boolean;
}

/** Messages of a worker that are no batch; a number is a sign of life. */
export type WorkerNotice =
  | { readonly type: 'ready'; readonly description: JobDescription }
  | { readonly type: 'failed'; readonly error: string };

/** What a worker starts with. */
export interface WorkerStart {
  readonly entrypointPath: string;
  readonly entrypointClass: string;
  /** File that the build wrote; empty: none. */
  readonly signaturePath: string;
  /** Milliseconds between signs of life; 0: none are wanted. */
  readonly heartbeatMs: number;
  /** Shared with the server: how many calls have begun. */
  readonly begun: Int32Array;
}
