import type { Address } from '@racetrack-platform/contracts/processes';
import type { Agent } from 'node:http';
import { Agent as HttpAgent } from '../node-http.ts';
import type { InstanceLoad } from '../routing/instance-loads.ts';

/** One running copy of a job, with the connections kept to it. */
export type UpstreamInstance = InstanceLoad<Agent>;

/**
 * How long an idle connection is kept. Shorter than the five seconds after which uvicorn and Node close theirs by
 * default: a request must not meet a connection that the job is about to close.
 */
const IDLE_TIMEOUT_MS = 4_000;
/** Idle connections per instance; one more costs a connect over a local socket. */
const MAX_IDLE_SOCKETS = 256;

/** Creates the pool of connections to one instance. */
export function createConnectionPool(): Agent {
  return new HttpAgent({
    keepAlive: true,
    maxFreeSockets: MAX_IDLE_SOCKETS,
    scheduling: 'lifo',
    timeout: IDLE_TIMEOUT_MS,
  });
}

/** Where `http.request` connects to. */
export function dialOptions(address: Address): { socketPath: string } | { host: string; port: number } {
  return address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
}

/**
 * What a job sees in `Host`: its address, or a name of its own when it listens on a Unix socket.
 *
 * @param jobHost - the name of the job's own.
 */
export function upstreamHostOf(address: Address, jobHost: string): string {
  if (address.kind === 'unix') return jobHost;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
