import { readFile } from 'node:fs/promises';
import { parseManifest } from '@racetrack-platform/manifest';
import { makeDockerfileVariables, renderTemplate } from '@racetrack-platform/templates';
import { validate } from 'dockerfile-utils';

/**
 * Renders the Dockerfile template of a job type for a job of these fields, as the builder does.
 *
 * @param templatePath - absolute.
 * @param fields - of the manifest, beside those that every manifest has.
 * @throws PlatformError `TEMPLATE_INVALID` or `MANIFEST_INVALID`.
 */
export async function renderDockerfile(
  templatePath: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const required = {
    name: 'sample',
    version: '1.2.3',
    owner_email: 'me@example.com',
    jobtype: 'sample:latest',
    git: { remote: 'https://example.com/jobs' },
  };
  const { manifest } = parseManifest({ ...required, ...fields }, { source: 'job.yaml' });
  return renderTemplate({
    source: await readFile(templatePath, 'utf8'),
    name: templatePath,
    variables: makeDockerfileVariables({
      manifest,
      gitVersion: 'v1-0-gabc',
      racetrackVersion: '2.36.0',
      jobTypeVersion: '1.0.0',
    }),
  });
}

/**
 * What a linter says of a Dockerfile, one line for each finding.
 *
 * Mount points of `RUN --mount` are no findings: the linter takes a flag for them as it takes any other.
 */
export function lintDockerfile(text: string): string[] {
  return validate(text).map(
    ({ message, range }) =>
      `${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
  );
}

/** Names of the instructions of a Dockerfile, in their order: a hostile value that gets out of its place adds one. */
export function listInstructions(text: string): string[] {
  const joined = text.replace(/\\\r?\n/g, '');
  return joined.split('\n').flatMap((line) => /^\s*([A-Za-z]+)(?=\s)/.exec(line)?.[1] ?? []);
}
