/** The last time that the beginning of a log moved to its old file. */
export interface Rotation {
  /** How often it happened so far. */
  readonly count: number;
  /** Offset in the log, as it was, of the old file's first byte. */
  readonly baseOffset: number;
}

/** Tells those who read a log that it was rotated under them. */
export interface LogRotations {
  get(instanceId: string): Rotation;
  record(instanceId: string, baseOffset: number): void;
  forget(instanceId: string): void;
}

export function createLogRotations(): LogRotations {
  const rotations = new Map<string, Rotation>();
  const get = (instanceId: string): Rotation => rotations.get(instanceId) ?? { count: 0, baseOffset: 0 };
  return {
    get,
    record: (instanceId, baseOffset) => {
      rotations.set(instanceId, { count: get(instanceId).count + 1, baseOffset });
    },
    forget: (instanceId) => {
      rotations.delete(instanceId);
    },
  };
}
