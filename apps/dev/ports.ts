import { createServer } from 'node:net';

const host = '127.0.0.1';

/** Whether nobody listens on a port of the loopback interface. */
function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** A free port that the system picks. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** The wanted port when it is free, else one that is. */
export async function portNear(wanted: number): Promise<number> {
  return (await isPortFree(wanted)) ? wanted : freePort();
}
