import { createServer } from 'node:net';
import { findPortHolder, type PortHolder } from './find-port-holder.ts';

/** Whether one can listen at an address. */
export type PortState =
  | { readonly kind: 'free' }
  | { readonly kind: 'taken'; readonly holder: PortHolder | undefined }
  /** The address is not one of this machine's, or the port needs rights that we do not have. */
  | { readonly kind: 'unusable'; readonly error: NodeJS.ErrnoException };

/**
 * Listens for a moment, which is the only reliable question.
 *
 * @param host - name or address.
 * @param port - 0 is always free.
 */
export async function probePort(host: string, port: number): Promise<PortState> {
  const server = createServer();
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port }, () => resolve(undefined));
  });
  if (error === undefined) {
    await new Promise((resolve) => server.close(resolve));
    return { kind: 'free' };
  }
  if (error.code !== 'EADDRINUSE') return { kind: 'unusable', error };
  return { kind: 'taken', holder: await findPortHolder(port) };
}
