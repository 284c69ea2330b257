/** An address for messages and records: without user, password, query and fragment, which may hold secrets. */
export function presentAddress({ origin, pathname }: URL): string {
  return origin + pathname;
}
