export const DEMO_USAGE = `usage: npm run demo [-- --exit]

Starts the platform on an empty store, deploys the job sample/python-class from a git repository,
calls it, and stays up until Ctrl-C.

  --exit   stop after the answer; the exit code is 0 only if it was right
`;

/** What the demo was asked to do; `usage` when it was not understood, or help was wanted. */
export type DemoRequest =
  | { readonly kind: 'run'; readonly staysUp: boolean }
  | { readonly kind: 'usage'; readonly exitCode: number };

/** Reads the arguments of the demo. */
export function parseDemoArguments(args: readonly string[]): DemoRequest {
  if (args.includes('--help') || args.includes('-h')) return { kind: 'usage', exitCode: 0 };
  if (args.some((argument) => argument !== '--exit')) return { kind: 'usage', exitCode: 2 };
  return { kind: 'run', staysUp: args.length === 0 };
}
