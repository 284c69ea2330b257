/** Why instances ended that should run, as their targets told it; forgotten once they run again for a while. */
export interface ExitReasons {
  note(instanceId: string, reason: string): void;
  find(instanceId: string): string | undefined;
  forget(instanceId: string): void;
}

/** Kept in memory: whoever starts anew learns it from the targets again. */
export function createExitReasons(): ExitReasons {
  const reasons = new Map<string, string>();
  return {
    note: (instanceId, reason) => void reasons.set(instanceId, reason),
    find: (instanceId) => reasons.get(instanceId),
    forget: (instanceId) => void reasons.delete(instanceId),
  };
}
