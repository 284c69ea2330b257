import { connectStore, readStoreState, type StoreState } from '@racetrack-platform/db';
import { assertExists, type DbContext } from './db-context.ts';

/** Prints where the store is, its schema, its size and who uses it. */
export async function showStatus(context: DbContext, asJson: boolean): Promise<void> {
  assertExists(context);
  const store = connectStore(context.options);
  let state: StoreState;
  try {
    state = await readStoreState(store, Date.now());
  } finally {
    await store.close();
  }
  const { place, options, writeOut } = context;
  writeOut(
    asJson
      ? `${JSON.stringify({ kind: options.kind, place, ...state }, null, 2)}\n`
      : `${present(place, state).join('\n')}\n`,
  );
}

function present(place: string, state: StoreState): string[] {
  return [
    `Store     ${place}`,
    `Id        ${state.storeId ?? 'none yet: no server was started on it'}`,
    `Schema    ${state.applied.at(-1) ?? 'none'}${presentPending(state)}`,
    `Size      ${(state.sizeBytes / 1_000_000).toFixed(1)} MB`,
    `Replicas  ${state.replicas.length === 0 ? 'none alive' : ''}`.trimEnd(),
    ...state.replicas.map(
      ({ hostname, pid, started_at }) =>
        `  ${hostname}, process ${pid}, since ${new Date(started_at).toISOString()}`,
    ),
    'Rows',
    ...state.tables.filter(({ rows }) => rows > 0).map(({ name, rows }) => `  ${name.padEnd(16)} ${rows}`),
  ];
}

function presentPending({ pending, unknown }: StoreState): string {
  if (unknown.length > 0) return `, of a newer release (${unknown.join(', ')}): this one cannot use it`;
  return pending.length === 0 ? ', up to date' : `, pending: ${pending.join(', ')}`;
}
