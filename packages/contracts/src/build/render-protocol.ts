import { z } from 'zod';

/** One image of a job type, as plugins describe it. */
export const imageDefinitionSchema = z.object({
  /** Whose Dockerfile: the plugin's or the job's own. */
  source: z.enum(['jobtype', 'job']),
  /** Relative to the plugin's folder, or to the job's. */
  dockerfilePath: z.string(),
  /** Whether it is rendered with Jinja2 syntax first. */
  template: z.boolean(),
  /** A Dockerfile of the plugin's that is built first, for `{{ base_image }}`. */
  baseDockerfilePath: z.string().nullable(),
});
export type ImageDefinition = z.infer<typeof imageDefinitionSchema>;

/** The one line on the standard input of the program that renders Dockerfiles. */
export const renderRequestSchema = z.discriminatedUnion('operation', [
  z.object({
    operation: z.literal('render'),
    /** As submitted, without credentials. */
    manifest: z.record(z.string(), z.unknown()),
    /** Resolved, `name:version`. */
    jobType: z.string(),
    images: z.array(imageDefinitionSchema),
    /** Absolute path of the plugin's files. */
    pluginDir: z.string(),
    /** The files of the job: a directory, or some of its texts by their path in it. */
    job: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('workspace'), dir: z.string() }),
      z.object({ kind: z.literal('texts'), texts: z.record(z.string(), z.string()) }),
    ]),
    gitVersion: z.string(),
    racetrackVersion: z.string(),
  }),
  /** To find mistakes in the syntax of a plugin's templates, before anybody uses them. */
  z.object({ operation: z.literal('check'), images: z.array(imageDefinitionSchema), pluginDir: z.string() }),
]);
export type RenderRequest = z.infer<typeof renderRequestSchema>;

/** A Dockerfile as a container target builds it. */
export const renderedImageSchema = z.object({
  /** Name of the image, without registry and tag; `racetrack/job-entrypoint/adder`. */
  name: z.string(),
  source: z.enum(['jobtype', 'job']),
  /** Inside of the plugin, or of the job. */
  dockerfile_path: z.string(),
  /** Built first, from the folder of its Dockerfile; `null`: there is none. */
  base: z.object({ name: z.string(), dockerfile_path: z.string(), text: z.string() }).nullable(),
  text: z.string(),
});
export type RenderedImage = z.infer<typeof renderedImageSchema>;

/** The one line on that program's standard output. A check that finds nothing answers no images. */
export const renderAnswerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('images'), images: z.array(renderedImageSchema) }),
  z.object({
    type: z.literal('error'),
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
  }),
]);
export type RenderAnswer = z.infer<typeof renderAnswerSchema>;
