import { getSystemErrorMessage } from 'node:util';
import { PlatformError } from '@racetrack-platform/errors';
import { nameSetting, type LauncherConfig, type Role } from '../config.ts';
import { probePort, type PortState } from './probe-port.ts';

type PortKey = 'lifecyclePort' | 'dashboardPort' | 'pubPort';

/** Ports that each role listens on. */
const PORTS: Readonly<Record<Role, readonly PortKey[]>> = {
  control: ['lifecyclePort', 'dashboardPort'],
  pub: ['pubPort'],
};

/** One port of the platform, and whether it can be had. */
export interface ProbedPort {
  readonly key: PortKey;
  readonly port: number;
  readonly state: PortState;
}

/** Probes every port of the roles that run here. */
export async function probePorts(config: LauncherConfig): Promise<ProbedPort[]> {
  const keys = config.roles.flatMap((role) => PORTS[role]);
  return await Promise.all(
    keys.map(async (key) => ({ key, port: config[key], state: await probePort(config.host, config[key]) })),
  );
}

/**
 * Refuses to start anything when not every port can be had, naming all that are taken at once.
 *
 * @throws {@link PlatformError} `PORT_IN_USE`, or `CONFIG_INVALID` for an address that cannot be listened on.
 */
export async function requireFreePorts(config: LauncherConfig): Promise<void> {
  const probed = await probePorts(config);
  const taken = probed.filter(({ state }) => state.kind === 'taken');
  if (taken.length > 0) {
    const message = taken.map((port) => describePort(port, config.host)).join('; ');
    throw new PlatformError('PORT_IN_USE', message, {
      hint: 'Stop what uses it, or choose another port with the option; 0 is any free one.',
    });
  }
  for (const { key, port, state } of probed) {
    if (state.kind !== 'unusable') continue;
    const { errno, message } = state.error;
    const reason = errno === undefined ? message : getSystemErrorMessage(errno);
    throw new PlatformError(
      'CONFIG_INVALID',
      `cannot listen on port ${port} (${nameSetting(key)}) of ${config.host} (${nameSetting('host')}): ${reason}`,
      {
        cause: state.error,
        hint: 'Choose another address or port; ports below 1024 may need rights of root.',
      },
    );
  }
}

/** Says of a taken port which setting it is, and who has it. */
export function describePort({ key, port, state }: ProbedPort, host: string): string {
  const holder = state.kind === 'taken' ? state.holder : undefined;
  const by = holder === undefined ? '' : ` by process ${holder.pid} (${holder.name})`;
  return `port ${port} of ${host}, ${nameSetting(key)}, is taken${by}`;
}
