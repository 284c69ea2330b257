import { explainDiskFull, PlatformError, toPlatformError } from '@racetrack-platform/errors';

/**
 * Makes the function that turns whatever ended a build into the error that its author gets to see.
 *
 * @param ownDirectories - absolute; shown as `…`, so that messages tell nothing about the server's disk.
 */
export function explainFailure(ownDirectories: readonly string[]): (thrown: unknown) => PlatformError {
  const hide = (text: string): string =>
    ownDirectories.reduce((shown, directory) => shown.replaceAll(directory, '…'), text);
  return (thrown) => {
    const { code, message, hint } = explainDiskFull(thrown) ?? toPlatformError(thrown);
    return new PlatformError(code, hide(message), { cause: thrown, hint: hint && hide(hint) });
  };
}
