import type { PinDto } from '@racetrack-platform/contracts';
import type { VersionPin } from '@racetrack-platform/db';

/** A pin for the wire. */
export function presentPin(pin: VersionPin): PinDto {
  return {
    name: pin.family,
    pattern: pin.pattern,
    version: pin.version,
    previous_version: pin.previousVersion,
    pinned_by: pin.pinnedBy,
    pinned_at: Math.floor(pin.pinnedAt / 1_000),
  };
}
