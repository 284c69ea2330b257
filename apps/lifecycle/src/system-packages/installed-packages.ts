import { parsePackage, type WantedPackage } from './package-name.ts';

/** One package that is on the machine, or one that another package stands for. */
interface Installed {
  /** `all` for what runs on any. */
  readonly architecture: string;
  /** `null`: provided without saying which. */
  readonly version: string | null;
}

/** By name. */
export type InstalledPackages = ReadonlyMap<string, readonly Installed[]>;

/** What `dpkg-query --show` is to print of each package; read by {@link parseInstalled}. */
export const INSTALLED_FORMAT =
  '${db:Status-Status}\\t${Package}\\t${Architecture}\\t${Version}\\t${Provides}\\n';

/** Reads the output of `dpkg-query`. What is only unpacked, or has left its configuration behind, is not installed. */
export function parseInstalled(output: string): InstalledPackages {
  const packages = new Map<string, Installed[]>();
  const add = (name: string, installed: Installed): void => {
    packages.set(name, [...(packages.get(name) ?? []), installed]);
  };
  for (const line of output.split('\n')) {
    const [status, name = '', architecture = '', version = '', provides = ''] = line.split('\t');
    if (status !== 'installed') continue;
    add(name, { architecture, version });
    // Such as `mail-transport-agent, libfoo (= 1.2)`.
    for (const [, provided, of = null] of provides.matchAll(/([^\s,(]+)(?:\s*\(=\s*([^)\s]+)\))?/g)) {
      if (provided !== undefined) add(provided, { architecture, version: of });
    }
  }
  return packages;
}

/**
 * Finds what is not there, also under another name: a package that another one provides is.
 *
 * @returns the entries as they were written, those that no Debian package can be called included.
 */
export function findMissing(wanted: readonly string[], installed: InstalledPackages): string[] {
  return wanted.filter((text) => {
    const parsed = parsePackage(text);
    return parsed === undefined || !isThere(parsed, installed.get(parsed.name) ?? []);
  });
}

/** Words of apt-get's for whichever architecture there is. */
const NO_ARCHITECTURE: ReadonlySet<string | null> = new Set([null, 'any', 'native']);

function isThere({ architecture, version }: WantedPackage, found: readonly Installed[]): boolean {
  return found.some(
    (candidate) =>
      (NO_ARCHITECTURE.has(architecture) ||
        candidate.architecture === 'all' ||
        candidate.architecture === architecture) &&
      (version === null || candidate.version === version),
  );
}
