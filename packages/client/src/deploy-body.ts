import type { DeployPayload } from '@racetrack-platform/contracts';

/**
 * Presents the body of `POST /deploy`. A build context of hundreds of megabytes is passed in pieces, so that no single
 * text of that size has to exist.
 *
 * @param payload - all of the body, when there are no pieces.
 * @param buildContext - pieces of base64 text; replaces `payload.build_context`.
 */
export function presentDeployBody(payload: DeployPayload, buildContext?: readonly string[]): string | Blob {
  if (buildContext === undefined) return JSON.stringify(payload);
  const { build_context: _replaced, ...rest } = payload;
  const head = JSON.stringify(rest).slice(0, -1);
  return new Blob([`${head},"build_context":"`, ...buildContext, '"}']);
}
