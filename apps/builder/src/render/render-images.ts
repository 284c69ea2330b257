import type { ImageDefinition, RenderedImage, RenderRequest } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { parseManifest, type Manifest } from '@racetrack-platform/manifest';
import { checkTemplate, makeDockerfileVariables, renderTemplate } from '@racetrack-platform/templates';
import { nameBaseImage, nameJobImage } from './image-names.ts';
import { readJobDockerfile, readPluginDockerfile } from './read-dockerfile.ts';

type RenderJob = Extract<RenderRequest, { operation: 'render' }>;

/** What such job types name when they mean the Dockerfile of the job; a manifest may name another one. */
const USUAL_DOCKERFILE = 'Dockerfile';

/**
 * Makes the Dockerfiles that a container target builds for a job, one for each container, the entry point first.
 *
 * @throws PlatformError `TEMPLATE_INVALID` with file and line, `PLUGIN_INVALID` or `SOURCE_UNAVAILABLE` for a
 *   Dockerfile that is not there, `MANIFEST_INVALID`, `BAD_REQUEST` for a job type without images.
 */
export async function renderImages(request: RenderJob): Promise<RenderedImage[]> {
  const { manifest } = parseManifest(request.manifest, { source: 'job.yaml' });
  if (request.images.length === 0) {
    throw new PlatformError('BAD_REQUEST', `job type ${request.jobType} has no Dockerfile`, {
      hint: 'It runs without containers only: deploy it to the target process.',
    });
  }
  const rendered: RenderedImage[] = [];
  for (const [index, image] of request.images.entries()) {
    rendered.push(await renderImage(request, manifest, image, index));
  }
  return rendered;
}

/**
 * Finds mistakes in the syntax of a plugin's templates, and Dockerfiles that are not there.
 *
 * @throws PlatformError as {@link renderImages}, for the first one.
 */
export async function checkImages({
  images,
  pluginDir,
}: Pick<RenderJob, 'images' | 'pluginDir'>): Promise<void> {
  for (const { source, dockerfilePath, template, baseDockerfilePath } of images) {
    if (baseDockerfilePath !== null) await readPluginDockerfile(pluginDir, baseDockerfilePath);
    if (source === 'job') continue;
    const text = await readPluginDockerfile(pluginDir, dockerfilePath);
    if (template) checkTemplate({ source: text, name: dockerfilePath });
  }
}

async function renderImage(
  request: RenderJob,
  manifest: Manifest,
  image: ImageDefinition,
  index: number,
): Promise<RenderedImage> {
  const { job, jobType, pluginDir } = request;
  const { source, template, baseDockerfilePath } = image;
  const path = source === 'job' ? chooseJobDockerfile(image, manifest) : image.dockerfilePath;
  const text =
    source === 'job' ? await readJobDockerfile(job, path) : await readPluginDockerfile(pluginDir, path);
  const base =
    baseDockerfilePath === null
      ? null
      : {
          name: nameBaseImage(jobType, index),
          dockerfile_path: baseDockerfilePath,
          text: await readPluginDockerfile(pluginDir, baseDockerfilePath),
        };
  const variables = makeDockerfileVariables({
    manifest,
    gitVersion: request.gitVersion,
    racetrackVersion: request.racetrackVersion,
    jobTypeVersion: jobType.slice(jobType.indexOf(':') + 1),
    baseImage: base?.name ?? '',
  });
  return {
    name: nameJobImage(manifest.name, index),
    source,
    dockerfile_path: path,
    base,
    text: template ? renderTemplate({ source: text, name: path, variables }) : text,
  };
}

/** Older job types could not say which file they mean: the manifest did, as `docker.dockerfile_path`. */
function chooseJobDockerfile({ dockerfilePath, template }: ImageDefinition, { docker }: Manifest): string {
  const isUsual = !template && dockerfilePath === USUAL_DOCKERFILE;
  return (isUsual ? docker?.dockerfile_path : undefined) ?? dockerfilePath;
}
