import { findGrant } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import type { Authenticator } from '../auth/authenticate.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireScope } from '../auth/require-permission.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { JobChange, JobChanges } from './job-changes.ts';

export interface EventStreamsDeps {
  readonly authenticator: Authenticator;
  readonly changes: JobChanges;
  readonly metrics: Pick<Metrics, 'eventClientsConnected' | 'eventClientsDisconnected'>;
  /** At a time, of all clients. */
  readonly maxStreams?: number;
}

/** Where the events of one client go. */
export interface EventSink {
  /** Some jobs that the client may read changed. */
  readonly send: (changes: readonly JobChange[]) => void;
  /** Nothing will come any more: the token has ended, or the server stops. */
  readonly end: () => void;
}

/** The open event streams: who follows, what they may know, and when it ends. */
export interface EventStreams {
  /**
   * @returns the way to stop, to be called when the client is gone.
   * @throws PlatformError `NOT_AUTHENTICATED`, `PERMISSION_DENIED`, `SERVER_BUSY`.
   */
  open(token: string, sink: EventSink): Promise<() => void>;
  /** Ends all of them and admits no more. */
  close(): void;
}

const MAX_STREAMS = 200;
/** At a time, of one subject: some dashboards of one person, and room for the others. */
const MAX_STREAMS_OF_SUBJECT = 10;

/** Who is told what is decided anew for each change, so that a revoked token or grant ends it with the next one. */
export function createEventStreams(deps: EventStreamsDeps): EventStreams {
  const { authenticator, changes, metrics, maxStreams = MAX_STREAMS } = deps;
  /** How to end each of them, and whose it is. */
  const open = new Map<() => void, string>();
  let isClosed = false;

  async function authorize(token: string): Promise<AuthenticatedSubject> {
    const subject = await authenticator.authenticateToken(token);
    requireScope(subject, 'read_job');
    return subject;
  }

  function requireRoom({ subjectId, caller }: AuthenticatedSubject): void {
    if (isClosed || open.size >= maxStreams) {
      throw new PlatformError('SERVER_BUSY', 'too many event streams', { hint: 'Try again later.' });
    }
    const own = [...open.values()].filter((id) => id === subjectId).length;
    if (own < MAX_STREAMS_OF_SUBJECT) return;
    throw new PlatformError('SERVER_BUSY', `${caller} has ${own} event streams open already`, {
      hint: 'Close one of them first, such as a page of the dashboard that is open elsewhere.',
    });
  }

  return {
    async open(token, sink) {
      const owner = await authorize(token);
      requireRoom(owner);
      const state = { stop: () => {} };
      const leave = (): void => {
        if (!open.delete(end)) return;
        state.stop();
        metrics.eventClientsDisconnected.inc();
      };
      const end = (): void => {
        leave();
        sink.end();
      };
      open.set(end, owner.subjectId);
      metrics.eventClientsConnected.inc();
      const tell = async (all: readonly JobChange[]): Promise<void> => {
        const subject = await authorize(token);
        const readable = all.filter((change) => mayRead(subject, change));
        if (readable.length > 0 && open.has(end)) sink.send(readable);
      };
      try {
        state.stop = await changes.listen((all) => void tell(all).catch(end));
      } catch (error) {
        leave();
        throw error;
      }
      return leave;
    },

    close() {
      isClosed = true;
      for (const end of open.keys()) end();
      changes.close();
    },
  };
}

function mayRead({ permissions }: AuthenticatedSubject, { id, name }: JobChange): boolean {
  return findGrant(permissions, 'read_job', { family: name, jobId: id, endpoint: null }) !== undefined;
}
