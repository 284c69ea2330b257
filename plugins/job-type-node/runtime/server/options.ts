import { parseArgs } from 'node:util';

/** The command line of the wrapper. */
export interface WrapperCommand {
  /** Path of the Unix socket; `undefined`: TCP. */
  readonly uds: string | undefined;
  readonly port: number;
  readonly homePage: string;
  readonly maxConcurrency: number;
  readonly maxQueue: number;
  readonly maxInflight: number;
  /** Milliseconds; 0: unlimited. */
  readonly callTimeoutMs: number;
  readonly workers: number;
  readonly signaturePath: string;
  readonly entrypointPath: string;
  readonly entrypointClass: string;
}

const DEFAULT_PORT = 7000;

/** @throws Error for an option that does not exist. */
export function parseCommand(args: readonly string[]): WrapperCommand {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      uds: { type: 'string' },
      port: { type: 'string' },
      'home-page': { type: 'string' },
      'max-concurrency': { type: 'string' },
      'max-concurrency-queue': { type: 'string' },
      'max-inflight-requests': { type: 'string' },
      'call-timeout': { type: 'string' },
      workers: { type: 'string' },
      signature: { type: 'string' },
    },
  });
  const [entrypointPath, entrypointClass = ''] = positionals;
  if (entrypointPath === undefined) {
    throw new Error('usage: run [--uds=PATH | --port=N] [options] -- ENTRYPOINT [CLASS]');
  }
  return {
    uds: values.port === undefined ? values.uds : undefined,
    port: Number(values.port ?? DEFAULT_PORT),
    homePage: values['home-page'] ?? '/docs',
    maxConcurrency: readLimit(values['max-concurrency'], false),
    maxQueue: readLimit(values['max-concurrency-queue'], true),
    maxInflight: readLimit(values['max-inflight-requests'], false),
    callTimeoutMs: 1000 * Number(values['call-timeout'] ?? 0),
    workers: Math.max(1, Number(values.workers ?? 1)),
    signaturePath: values.signature ?? '',
    entrypointPath,
    entrypointClass,
  };
}

function readLimit(text: string | undefined, isZeroMeant: boolean): number {
  if (text === undefined || (text === '0' && !isZeroMeant)) return Number.POSITIVE_INFINITY;
  return Number(text);
}
