import { describeFuzzing } from './support/describe-fuzzing.ts';

/** The long form is `npm run proof -- fuzz`. */
describeFuzzing(9);
