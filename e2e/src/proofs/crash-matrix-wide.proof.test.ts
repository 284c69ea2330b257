/** The crash matrix with every point in every operation that passes it, each repeated afterwards: for a night. */
import { describeMatrix } from '../crash-matrix/describe-matrix.ts';

describeMatrix({ isEachPointOnce: false, isAlwaysRepeated: true });
