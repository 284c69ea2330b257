/** Exit codes of the CLI: stable, so that scripts can branch on them. */
export const EXIT_CODES = {
  ok: 0,
  usage: 2,
  notFoundOrConflict: 3,
  denied: 4,
  unavailable: 5,
  deploymentFailed: 6,
  failure: 70,
  interrupted: 130,
} as const;
