/** Says why the platform does not run, and what to do, in at most a few lines. */
export function printFailure(
  writeErr: (text: string) => void,
  { message, hint }: { readonly message: string; readonly hint?: string | undefined },
): void {
  writeErr(`racetrack: ${message}\n`);
  if (hint !== undefined && hint !== '') writeErr(`  ${hint.replaceAll('\n', '\n  ')}\n`);
}
