/** kill -9 at every point, once, twice in a row and with the whole family at once, on both stores. */
import { describeMatrix } from '../crash-matrix/describe-matrix.ts';

describeMatrix({ isEachPointOnce: true, isAlwaysRepeated: false });
