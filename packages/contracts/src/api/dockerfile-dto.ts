import { z } from 'zod';
import { renderedImageSchema } from '../build/render-protocol.ts';

/** Texts that are sent along, and characters of each: a Dockerfile is small. */
const MAX_TEXTS = 50;
const MAX_TEXT_LENGTH = 200_000;
/** No file system takes a longer path. */
const MAX_PATH_LENGTH = 4_096;

/** Body of `POST /api/v1/deploy/dockerfile` (ours): that of a deployment, with the Dockerfiles of the job itself. */
export const dockerfilePayloadSchema = z.object({
  manifest: z.record(z.string(), z.unknown()),
  /** By path in the job's directory; needed only where the job type builds a Dockerfile of the job. */
  job_dockerfiles: z
    .record(z.string().max(MAX_PATH_LENGTH), z.string().max(MAX_TEXT_LENGTH))
    .refine((texts) => Object.keys(texts).length <= MAX_TEXTS, `at most ${MAX_TEXTS} files`)
    .nullish(),
});
export type DockerfilePayload = z.input<typeof dockerfilePayloadSchema>;

export const dockerfileDtoSchema = z.object({
  /** Resolved, `name:version`. */
  job_type: z.string(),
  /** The entry point first. */
  images: z.array(renderedImageSchema),
});
export type DockerfileDto = z.infer<typeof dockerfileDtoSchema>;
