import { PlatformError, scrub } from '@racetrack-platform/errors';

/** Where a plugin is to be taken from, as a URI says it. */
export type PluginUri =
  | { readonly kind: 'address'; readonly url: URL }
  | {
      readonly kind: 'repository';
      readonly owner: string;
      readonly repository: string;
      /** Left out: the latest stable one. */
      readonly version: string | undefined;
    };

const ZIP_ADDRESS = /^https?:\/\//i;
/** Characters that names on GitHub consist of; nothing else gets into an address of its API. */
const REPOSITORY_PATH = /^([\w.-]{1,100})\/([\w.-]{1,100}?)(?:\.git)?\/?$/;
const MAX_VERSION_LENGTH = 100;

/**
 * Reads a URI that is no local file: the address of a ZIP, or a repository with or without a version.
 *
 * @param hosts - names (with a port where there is one) before `/OWNER/REPO`, in lower case.
 * @throws PlatformError `PLUGIN_SOURCE_INVALID`.
 */
export function parsePluginUri(uri: string, hosts: readonly string[]): PluginUri {
  const [location = '', ...versions] = uri.split('==');
  const version = versions.length === 0 ? undefined : versions.join('==');
  const isAddress = ZIP_ADDRESS.test(uri) && URL.canParse(uri);
  if (isAddress && new URL(uri).pathname.toLowerCase().endsWith('.zip')) {
    return { kind: 'address', url: new URL(uri) };
  }
  const [host = '', ...path] = location.replace(/^https?:\/\//i, '').split('/');
  const [, owner = '', repository = ''] = REPOSITORY_PATH.exec(path.join('/')) ?? [];
  const isKnownHost = hosts.includes(host.toLowerCase().replace(/^www\./, ''));
  if (!isKnownHost || isDots(owner) || isDots(repository)) throw unknownLocation(uri);
  if (version !== undefined && (version.trim() === '' || version.length > MAX_VERSION_LENGTH)) {
    throw new PlatformError('PLUGIN_SOURCE_INVALID', `there is no version after == in ${scrub(uri)}`, {
      hint: `Write ${host}/${owner}/${repository}==1.2.3, or leave out == for the latest stable one.`,
    });
  }
  return { kind: 'repository', owner, repository, version };
}

/** What a URL parser would fold away; empty when there was no match. */
function isDots(name: string): boolean {
  return name === '' || name === '.' || name === '..';
}

function unknownLocation(uri: string): PlatformError {
  return new PlatformError('PLUGIN_SOURCE_INVALID', `Unknown plugin location: ${scrub(uri.slice(0, 500))}`, {
    hint: 'Give the ZIP file of a plugin, an address (http:// or https://) that ends in .zip, or github.com/OWNER/REPO with or without ==VERSION.',
  });
}
