import type { Feature } from '../feature.ts';
import type { Confinement } from './detect-confinement.ts';

/** One thing that keeps jobs apart. */
export interface ConfinementLine {
  readonly isInForce: boolean;
  /** What is guaranteed, or is not and why: a sentence without a full stop. */
  readonly text: string;
  /** What to do to have it; `null` when it is in force, or when nothing can be done. */
  readonly remedy: string | null;
}

/**
 * Says for people what a job cannot do on this machine, and what it can, with the means of this machine in use. Each
 * line stands for itself.
 */
export function describeConfinement(confinement: Confinement): ConfinementLine[] {
  const { accounts } = confinement;
  // The platform gives a view of their own to jobs that have an account of their own.
  const namespaces = accounts.isAvailable ? confinement.namespaces : accounts;
  return [
    describe(
      accounts,
      'accounts: each job and each build runs as a user of its own, without any rights on files or processes of others',
      'accounts: jobs and builds run as the user of the platform, and can read and change all that it can',
    ),
    describe(
      namespaces,
      'namespaces: a job sees no processes, homes, temporary files or platform data of others, and ends with all that it started',
      'namespaces: a job sees the processes of others, and files that are readable for everyone',
    ),
    ...describeGroups(confinement),
    describe(confinement.limits, 'open files: limited for each process', 'open files: not limited for jobs'),
    {
      isInForce: true,
      text: 'disk: the working directory is measured in turn; a job that exceeds its quota is stopped within seconds',
      remedy: null,
    },
    {
      isInForce: false,
      text: 'network: jobs use the network of the machine, its loopback interface included',
      remedy: null,
    },
  ];
}

function describeGroups({ cgroup }: Confinement): ConfinementLine[] {
  const has = cgroup.isAvailable ? cgroup.controllers : { memory: false, processes: false, cpu: false };
  const name = cgroup.isAvailable ? `control groups of version ${cgroup.version}` : '';
  const toFeature = (isThere: boolean): Feature => {
    if (!cgroup.isAvailable) return cgroup;
    if (isThere) return { isAvailable: true };
    return {
      isAvailable: false,
      reason: `${name} without this controller`,
      remedy: 'Have the controllers memory, pids and cpu passed on to the control group of the platform.',
    };
  };
  return [
    describe(
      toFeature(has.memory),
      `memory: held by the kernel (${name})`,
      'memory: measured in turn; a job can exceed its limit for some seconds before it is stopped',
    ),
    describe(
      toFeature(has.processes),
      `processes: their number is held by the kernel (${name}), and what a job started is always found and killed`,
      'processes: their number is limited only for jobs with an account of their own',
    ),
    describe(toFeature(has.cpu), `cpu: held by the kernel (${name})`, 'cpu: not limited'),
  ];
}

function describe(feature: Feature, inForce: string, otherwise: string): ConfinementLine {
  if (feature.isAvailable) return { isInForce: true, text: inForce, remedy: null };
  return { isInForce: false, text: `${otherwise} (${feature.reason})`, remedy: feature.remedy };
}
