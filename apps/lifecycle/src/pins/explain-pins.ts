import type { VersionPin } from '@racetrack-platform/db';
import { compareVersions, matchesAlias, isStable, parseVersion } from '@racetrack-platform/manifest';

/** A version, and what its family's aliases are pinned to. */
export interface ExplainPinsOptions {
  readonly jobId: string;
  readonly version: string;
  /** Of its family. */
  readonly pins: readonly VersionPin[];
}

/**
 * Says which aliases do not lead to a version although it is higher than what they are pinned to: whoever deploys it
 * would wait in vain.
 *
 * @returns one sentence, or `undefined`.
 */
export function explainPins({ jobId, version, pins }: ExplainPinsOptions): string | undefined {
  const passedOver = pins.filter((pin) => pin.jobId !== jobId && wouldLeadTo(version, pin));
  if (passedOver.length === 0) return undefined;
  const facts = passedOver.map((pin) => `${pin.pattern} is pinned to ${pin.version}`);
  return `${facts.join(', ')}; promote to switch`;
}

function wouldLeadTo(text: string, pin: VersionPin): boolean {
  const [version, pinned] = [parseVersion(text), parseVersion(pin.version)];
  if (version === undefined || pinned === undefined || !isStable(version)) return false;
  return matchesAlias(pin.pattern, text) && compareVersions(version, pinned) > 0;
}
