/** One entry of `system_dependencies`, as Debian's tools read it. */
export interface WantedPackage {
  /** As it was written. */
  readonly text: string;
  readonly name: string;
  /** Such as `amd64`; `null`: any. */
  readonly architecture: string | null;
  /** Exactly this one; `null`: any. */
  readonly version: string | null;
}

/**
 * Name, architecture and version (deb-src-control(5), Debian Policy 5.6.1 and 5.6.12). No name ends with `-`, which
 * apt-get reads as "remove it", and none has a character that it could take for an option, a path or a release.
 */
const PACKAGE =
  /^([a-z0-9](?:[a-z0-9+.-]*[a-z0-9+])?)(?::([a-z0-9](?:[a-z0-9-]*[a-z0-9])?))?(?:=([A-Za-z0-9][A-Za-z0-9.+:~-]*))?$/;

/** @returns `undefined` for what Debian's tools would not, or should not, be asked for. */
export function parsePackage(text: string): WantedPackage | undefined {
  const [, name, architecture = null, version = null] = PACKAGE.exec(text) ?? [];
  return name === undefined ? undefined : { text, name, architecture, version };
}
