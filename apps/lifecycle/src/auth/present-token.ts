import type { AuthTokenData, OwnTokenDto } from '@racetrack-platform/contracts';
import type { TokenRow } from '@racetrack-platform/db';

/** A token with its text, for the administrator of an external service. */
export function presentTokenData(row: TokenRow, token: string): AuthTokenData {
  return {
    id: row.id,
    token,
    expiry_time: toSeconds(row.expires_at),
    active: row.is_active === 1,
    last_use_time: toSeconds(row.last_used_at),
  };
}

/**
 * A token without its text.
 *
 * @param currentId - of the token that the request was sent with.
 */
export function presentOwnToken(row: TokenRow, currentId: string): OwnTokenDto {
  return {
    id: row.id,
    name: row.name,
    create_time: Math.floor(row.created_at / 1_000),
    expiry_time: toSeconds(row.expires_at),
    active: row.is_active === 1,
    last_use_time: toSeconds(row.last_used_at),
    is_current: row.id === currentId,
  };
}

function toSeconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : Math.floor(milliseconds / 1_000);
}
