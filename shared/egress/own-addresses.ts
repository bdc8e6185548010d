import { networkInterfaces } from 'node:os';
import { parseIpAddress } from '../domain/ip-range.ts';

/** Whether an address is one of this machine's now. Read anew each time: addresses come and go. */
export function isOwnAddress(text: string): boolean {
  const wanted = parseIpAddress(text)?.join('.');
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => parseIpAddress(address)?.join('.') === wanted),
  );
}
