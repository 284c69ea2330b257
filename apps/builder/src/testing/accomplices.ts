import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Takes a file and a directory that somebody sends, and when told to, writes to the one and into the other. */
export const ACCOMPLICE = `
import os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind('\\0' + sys.argv[1])
server.listen()
print('listening', flush=True)
_, (file, folder), _, _ = socket.recv_fds(server.accept()[0], 1, 2)
sys.stdin.read()
os.pwrite(file, b'poison', 0)
try:
    os.open('planted', os.O_CREAT | os.O_WRONLY, dir_fd=folder)
except PermissionError:
    print('refused', flush=True)
`;
export const SENDER = `
import os, socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect('\\0' + sys.argv[1])
socket.send_fds(client, [b'x'], [os.open('module.py', os.O_RDWR), os.open('.', os.O_RDONLY)])
`;
/** Takes a folder that somebody sends, and exchanges folders for links in it as fast as it can. */
export const MOVER = `
import ctypes, os, socket, sys
exchange = ctypes.CDLL(None).renameat2
server = socket.socket(socket.AF_UNIX)
server.bind('\\0' + sys.argv[1])
server.listen()
print('listening', flush=True)
peer = server.accept()[0]
_, (folder,), _, _ = socket.recv_fds(peer, 1, 1)
pairs = [(b'd%d' % number, b'l%d' % number) for number in range(200)]
peer.send(b'x')
while True:
    for one, other in pairs:
        exchange(folder, one, folder, other, 2)
`;
/** Makes such a folder, open to all, whose folders have what the target has, and whose links lead there. */
export const BAIT = `
import os, socket, sys
folder, target, address = sys.argv[1:]
os.mkdir(folder)
os.chmod(folder, 0o777)
for number in range(200):
    os.mkdir(f'{folder}/d{number}')
    open(f'{folder}/d{number}/secret', 'w').close()
    os.symlink(target, f'{folder}/l{number}')
client = socket.socket(socket.AF_UNIX)
client.connect('\\0' + address)
socket.send_fds(client, [b'x'], [os.open(folder, os.O_RDONLY)])
client.recv(1)
`;
/** Takes a folder that somebody sends, and makes files in it as long as it can. */
export const FLOODER = `
import os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind('\\0' + sys.argv[1])
server.listen()
print('listening', flush=True)
peer = server.accept()[0]
_, (folder,), _, _ = socket.recv_fds(peer, 1, 1)
peer.send(b'x')
number = 0
try:
    while True:
        number += 1
        os.close(os.open(str(number), os.O_CREAT | os.O_WRONLY, dir_fd=folder))
except OSError:
    print('refused', flush=True)
`;
/** Makes such a folder, deeper than a path may be long. */
export const DEEP = `
import os, socket, sys
os.chdir(os.environ['TMPDIR'])
for _ in range(25):
    os.mkdir('d' * 200)
    os.chmod('d' * 200, 0o777)
    os.chdir('d' * 200)
client = socket.socket(socket.AF_UNIX)
client.connect('\\0' + sys.argv[1])
socket.send_fds(client, [b'x'], [os.open('.', os.O_RDONLY)])
client.recv(1)
`;

/** A process that is no build's, and has what a build has sent it. */
export interface Accomplice extends Disposable {
  /** Tells it to go on, if it waits for that. */
  goOn(): void;
  /** The next thing that it says. */
  hear(): Promise<string>;
}

/**
 * Starts one of the programs above under an account, and waits until it listens.
 *
 * @param address - of an abstract socket, at which it takes what is sent.
 */
export async function startAccomplice(
  program: string,
  address: string,
  account: { readonly uid: number; readonly gid: number },
): Promise<Accomplice> {
  const child = spawn('python3', ['-c', program, address], {
    ...account,
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const hear = async (): Promise<string> => String((await once(child.stdout, 'data'))[0]);
  await hear();
  return {
    goOn: () => void child.stdin.end(),
    hear,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
