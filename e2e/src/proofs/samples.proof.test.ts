/** Every folder of sample/ that declares calls: deployed with the CLI, called, compared; with those that take long. */
import { describeSamples } from '../samples/describe-samples.ts';

describeSamples(() => true);
