import { WARNING_HEADER } from '@racetrack-platform/contracts';
import type { FastifyReply } from 'fastify';

/** Longest warning that proxies pass on with the other headers. */
const MAX_LENGTH = 1_000;

/**
 * Adds to an answer whose body has a fixed shape what whoever asked should read; the command line prints it.
 *
 * @param text - what no header can carry is left out.
 */
export function warnClient(reply: FastifyReply, text: string): void {
  const line = text.replaceAll(/[^\x20-\x7e]+/g, ' ').trim();
  reply.header(WARNING_HEADER, line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}...` : line);
}
