import { expect, test } from 'vitest';
import { nameJobData } from './job-data-name.ts';

test.each([
  ['adder', 'adder'],
  ['my_first-job2', 'my_first-job2'],
  ['Adder', '~41dder'],
  ['../keys', '~2e~2e~2fkeys'],
  ['~41dder', '~7e41dder'],
  ['é', '~c3~a9'],
])('the data of the family %j lies in %j', (name, directory) => {
  expect(nameJobData(name)).toBe(directory);
});
