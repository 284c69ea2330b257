import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { checkTemplate } from '@racetrack-platform/templates';

const DOCKERFILE = /dockerfile[^/]*$/i;
/** Far above any Dockerfile. */
const MAX_BYTES = 1_000_000;

/**
 * Looks for mistakes in the Dockerfile templates of a plugin. Only its code says which files those are, and that is not
 * run here: a file that calls itself a template is held to it, and of others there is a warning.
 *
 * @param files - of the plugin, with paths as errors show them.
 * @param read - reads one of them.
 */
export async function checkTemplates(
  files: readonly { readonly path: string; readonly bytes: number }[],
  read: (path: string) => Promise<Buffer>,
): Promise<{ readonly problems: readonly string[]; readonly warnings: readonly string[] }> {
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const { path, bytes } of files) {
    const name = path.split('/').at(-1) ?? '';
    // A base image is built from its file as it is.
    if (!DOCKERFILE.test(name) || /^base\b/i.test(name) || bytes > MAX_BYTES) continue;
    const problem = findProblem(path, (await read(path)).toString('utf8'));
    if (problem === undefined) continue;
    if (/template/i.test(name)) problems.push(problem);
    else warnings.push(`${problem} (only if it is a template)`);
  }
  return { problems, warnings };
}

function findProblem(path: string, source: string): string | undefined {
  try {
    checkTemplate({ source, name: path });
    return undefined;
  } catch (error) {
    if (!PlatformError.is(error)) throw error;
    return messageOf(error);
  }
}
