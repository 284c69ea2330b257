import { describeInfrastructureTarget } from '@racetrack-platform/testing';
import { createProcessTargetHarness } from './process-target-harness.ts';

describeInfrastructureTarget('the process target', createProcessTargetHarness);
