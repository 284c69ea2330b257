/** Names of the settings of maintenance mode; the first is that of Racetrack 2.36. */
export const MAINTENANCE_MODE = 'maintenance_mode';
export const MAINTENANCE_MESSAGE = 'maintenance_message';

/** What is answered meanwhile, in the words of Racetrack 2.36. */
export const MAINTENANCE_TEXT = 'Racetrack is currently in maintenance mode. Please try again later.';

/** What the two settings say, as lifecycle and pub alike understand them. */
export interface Maintenance {
  readonly isOn: boolean;
  /** What an administrator has to say about it. */
  readonly message: string | undefined;
}

/** Reads the values of {@link MAINTENANCE_MODE}, on only when exactly `true`, and {@link MAINTENANCE_MESSAGE}. */
export function readMaintenance(mode: unknown, message: unknown): Maintenance {
  return {
    isOn: mode === true,
    message: typeof message === 'string' && message !== '' ? message : undefined,
  };
}
