import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the files of installed plugins lie below the directory of plugins; documented in docs/reference/data-directory.md. */
export interface FileLayout {
  /** One folder for each package, named by its digest. */
  readonly packages: string;
  /** Virtual environments of Python plugins. */
  readonly environments: string;
  /** One folder for each plugin's own data. */
  readonly data: string;
  /** What is being made; on the same file system as all the others. */
  readonly work: string;
}

/** Others may pass through, so that plugins with accounts of their own get at what is theirs, and list nothing. */
const PASSABLE = 0o711;
const PRIVATE = 0o700;

/** Makes the directories that are missing. */
export async function openFileLayout(pluginsDir: string): Promise<FileLayout> {
  const layout = {
    packages: join(pluginsDir, 'packages'),
    environments: join(pluginsDir, 'environments'),
    data: join(pluginsDir, 'data'),
    work: join(pluginsDir, 'work'),
  };
  await makeDirectory(pluginsDir, PASSABLE);
  for (const path of [layout.packages, layout.environments, layout.data]) await makeDirectory(path, PASSABLE);
  await makeDirectory(layout.work, PRIVATE);
  return layout;
}

async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, mode);
}
