import type { FastifyReply } from 'fastify';
import type { JobDto } from '@racetrack-platform/contracts';
import { presentManifest } from './present-manifest.ts';

/**
 * Sends jobs as JSON, with what is known of their manifests already: validating and writing ten thousand of them field
 * by field would hold up everybody else for seconds.
 *
 * @param jobs - with further fields, if there are any.
 */
export async function sendJobs(reply: FastifyReply, jobs: readonly JobDto[]): Promise<FastifyReply> {
  // With a serializer of one's own the framework leaves the type to us.
  return await reply.type('application/json; charset=utf-8').serializer(writeJobs).send(jobs);
}

function writeJobs(jobs: readonly JobDto[]): string {
  return `[${jobs.map(writeJob).join(',')}]`;
}

function writeJob({ manifest, manifest_yaml: yaml, ...rest }: JobDto): string {
  const shown =
    yaml === null
      ? `"manifest":${JSON.stringify(manifest)},"manifest_yaml":null`
      : presentManifest(yaml).json;
  return `{${shown},${JSON.stringify(rest).slice(1)}`;
}
