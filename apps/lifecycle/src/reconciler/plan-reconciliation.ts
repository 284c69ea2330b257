import type { InstanceRow } from '@racetrack-platform/db';
import type { ObservedInstance } from '@racetrack-platform/plugin-sdk';

/** What the reconciler will do to one instance. */
export type ReconcileAction =
  /** It has finished its calls, or had its time: it may go. */
  | { readonly kind: 'stop'; readonly id: string }
  /** The target has to remove it. */
  | { readonly kind: 'remove'; readonly id: string }
  /** It should run and does not. */
  | { readonly kind: 'restart'; readonly id: string; readonly restarts: number; readonly reason: string }
  /** It runs long enough to forget its crashes. */
  | { readonly kind: 'settle'; readonly id: string };

export interface ReconciliationView {
  readonly nowMs: number;
  /** When the targets were asked: they could not know an instance that is younger. */
  readonly observedAtMs: number;
  readonly instances: readonly InstanceRow[];
  /** By target; `undefined` for a target that could not be asked: then nothing is concluded about its instances. */
  readonly observed: ReadonlyMap<string, readonly ObservedInstance[] | undefined>;
  readonly drainLimitMs: number;
  /** Whether pubs have nothing in flight to an instance. */
  readonly isDrained: (instance: InstanceRow) => boolean;
}

/** After so long without a crash the next one is restarted at once again. */
const SETTLED_AFTER_MS = 60_000;

/** Compares what should be with what is, and says what to do. Pure: the reconciler acts on it. */
export function planReconciliation(view: ReconciliationView): ReconcileAction[] {
  return view.instances.flatMap((instance) => planInstance(view, instance));
}

/**
 * How long a crashed instance waits before its next start, by the number of crashes so far: at once, then 1 s
 * doubling to a minute.
 */
export function restartDelayMs(restarts: number): number {
  return restarts === 0 ? 0 : Math.min(1_000 * 2 ** (restarts - 1), 60_000);
}

function planInstance(view: ReconciliationView, instance: InstanceRow): ReconcileAction[] {
  const { id } = instance;
  switch (instance.state) {
    case 'removing':
      return [{ kind: 'remove', id }];
    case 'draining':
      return mayStop(view, instance) ? [{ kind: 'stop', id }] : [];
    case 'active':
      return planActive(view, instance);
    case 'launching':
      // Its deployment is under way and looks after it; a failed one moves it to `removing`.
      return [];
  }
}

function mayStop(view: ReconciliationView, instance: InstanceRow): boolean {
  if (view.isDrained(instance)) return true;
  return view.nowMs - (instance.drain_since ?? 0) >= view.drainLimitMs;
}

function planActive(view: ReconciliationView, instance: InstanceRow): ReconcileAction[] {
  const observedOnTarget = view.observed.get(instance.target);
  if (observedOnTarget === undefined || instance.created_at >= view.observedAtMs) return [];
  const observed = observedOnTarget.find((candidate) => candidate.instanceId === instance.id);
  if (observed?.state === 'running') {
    const isSettled = instance.restarts > 0 && view.nowMs - observed.startedAt >= SETTLED_AFTER_MS;
    return isSettled ? [{ kind: 'settle', id: instance.id }] : [];
  }
  if (instance.next_restart_at !== null && view.nowMs < instance.next_restart_at) return [];
  const reason = observed?.reason ?? 'it was not there';
  return [{ kind: 'restart', id: instance.id, restarts: instance.restarts, reason }];
}
