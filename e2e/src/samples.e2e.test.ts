import { describeSamples } from './samples/describe-samples.ts';

describeSamples(({ slow }) => !slow);
