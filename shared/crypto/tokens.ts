import { createHash, randomInt } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const randomCharacters = 48;
/** How many characters of a token people may see to tell it from others. */
const prefixCharacters = 12;

/** A bearer token as it is shown once, and what is kept of it. */
export interface NewToken {
  readonly token: string;
  readonly sha256: Buffer;
  readonly prefix: string;
}

/** `count` alphanumerics, each drawn without bias: 48 of them are 285 bits. */
export function randomAlphanumerics(count: number): string {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** Draws a personal token. A plain hash is enough to keep: nobody can search 285 bits. */
export function makePersonalToken(): NewToken {
  const token = `tgu_${randomAlphanumerics(randomCharacters)}`;
  return { token, ...storedForm(token) };
}

/** Draws the secret of an automation credential (S-102). */
export function makeAutomationKey(): NewToken {
  const token = `osk_${randomAlphanumerics(randomCharacters)}`;
  return { token, ...storedForm(token) };
}

/** What is kept of a token. */
export function storedForm(token: string): Omit<NewToken, 'token'> {
  return { sha256: hashToken(token), prefix: token.slice(0, prefixCharacters) };
}

const personalTokenPattern = /^tgu_[A-Za-z0-9]{48}$/;

/** True for a text that can be a personal token at all; anything else needs no look-up. */
export function isPersonalToken(text: string): boolean {
  return personalTokenPattern.test(text);
}

const automationKeyPrefix = 'osk_';
const automationKeyPattern = /^osk_[A-Za-z0-9]{48}$/;

/** Whether a text presents itself as an automation credential, and whether it can be one at all. */
export function readAutomationKey(text: string): 'other' | 'malformed' | 'key' {
  if (!text.startsWith(automationKeyPrefix)) return 'other';
  return automationKeyPattern.test(text) ? 'key' : 'malformed';
}

/** What a token is looked up by. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
