import { describePort, probePorts, type ProbedPort } from '../ports/require-free-ports.ts';
import { messageOf } from '@racetrack-platform/errors';
import { fail, ok, type Check, type CheckGroup, type DoctorContext } from './check.ts';
import { findPlatform, type RunningPlatform } from './find-platform.ts';

/** Whether the ports can be had, or are held by the platform itself. */
export const portChecks: CheckGroup = {
  title: 'Ports',

  async run(context) {
    const platform = await findPlatform(context.config.dataDir);
    if (platform !== undefined && Object.keys(platform.endpoints).length > 0) {
      return Object.entries(platform.endpoints).map(([name, url]) =>
        ok(`${url} is the ${name} of this platform`),
      );
    }
    const probed = await probePorts(context.config);
    return probed.map((port) => present(port, context, platform));
  },
};

function present(
  probed: ProbedPort,
  { config }: DoctorContext,
  platform: RunningPlatform | undefined,
): Check {
  const { port, state } = probed;
  switch (state.kind) {
    case 'free':
      return ok(port === 0 ? 'any free port will be taken' : `port ${port} of ${config.host} is free`);
    case 'taken': {
      const isOurs = [platform?.launcherPid, ...(platform?.childPids ?? [])].includes(state.holder?.pid);
      if (platform !== undefined && isOurs) return ok(`port ${port} is held by this platform`);
      return fail(
        describePort(probed, config.host),
        'Stop what uses it, or choose another port with the option.',
      );
    }
    case 'unusable':
      return fail(
        `cannot listen on port ${port} of ${config.host}: ${messageOf(state.error)}`,
        'Choose another one.',
      );
  }
}
