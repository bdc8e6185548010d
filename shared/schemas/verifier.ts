import { z } from 'zod';
import { checkSchema, verifierLimits, type Check } from './verifier-check.ts';

/**
 * How the sender of a request is proven, as data (S-008, S-009, S-010): one check, or a small tree of
 * `allOf` and `anyOf` over checks. It never holds a secret: a check names the slot its keys are stored
 * under. What is not described here is refused: unknown fields, unknown schemes, and a verifier under
 * which a request could pass without proof, unless that is spelled out as `none`.
 */
export type Verifier = NoProof | Check | AllOf | AnyOf;
/** Everybody may send. Only as the whole verifier, never as a part of one. */
interface NoProof {
  scheme: 'none';
}
interface AllOf {
  allOf: Verifier[];
}
interface AnyOf {
  anyOf: Verifier[];
}

const group = <Inner extends z.ZodType<Verifier>>(inner: Inner) => {
  const list = z.array(inner).min(1).max(verifierLimits.checks);
  return z.union([checkSchema, z.strictObject({ allOf: list }), z.strictObject({ anyOf: list })]);
};

export const verifierSchema: z.ZodType<Verifier> = z
  .union([
    z.strictObject({ scheme: z.literal('none') }),
    group(group(group(checkSchema)))
      .refine((verifier) => checksOf(verifier).length <= verifierLimits.checks, {
        error: `A verifier has at most ${verifierLimits.checks} checks.`,
      })
      .refine((verifier) => provesSender(verifier), {
        error: 'A digest of the body alone proves nothing about the sender.',
      }),
  ])
  .meta({ id: 'Verifier' });

/** The checks of a verifier, from left to right. */
export function checksOf(verifier: Verifier): Check[] {
  if ('allOf' in verifier) return verifier.allOf.flatMap((part) => checksOf(part));
  if ('anyOf' in verifier) return verifier.anyOf.flatMap((part) => checksOf(part));
  return verifier.scheme === 'none' ? [] : [verifier];
}

/** Whether every way through a verifier meets a check that only the sender can pass. */
function provesSender(verifier: Verifier): boolean {
  if ('allOf' in verifier) return verifier.allOf.some((part) => provesSender(part));
  if ('anyOf' in verifier) return verifier.anyOf.every((part) => provesSender(part));
  return verifier.scheme !== 'none' && verifier.scheme !== 'body_digest';
}

export interface VerifierFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * What is wrong with a verifier, each fault at its place; empty when nothing is. The issues of the
 * schema itself say for a union only that none of its forms fits.
 */
export function verifierFaults(input: unknown): VerifierFault[] {
  const issues = verifierSchema.safeParse(input).error?.issues ?? [];
  const inner = issues.length === 0 ? [] : faultsWithin(input, verifierLimits.depth);
  return inner.length > 0 ? inner : issues;
}

function faultsWithin(input: unknown, depthLeft: number): VerifierFault[] {
  const [join, parts] = partsOf(input);
  if (parts === undefined) return checkSchema.safeParse(input).error?.issues ?? [];
  if (depthLeft === 0) {
    return [{ path: [join], message: `allOf and anyOf nest ${verifierLimits.depth} levels deep.` }];
  }
  return parts.flatMap((part, index) =>
    faultsWithin(part, depthLeft - 1).map(({ path, message }) => ({
      path: [join, index, ...path],
      message,
    })),
  );
}

function partsOf(input: unknown): [join: string, parts: unknown[] | undefined] {
  for (const join of ['allOf', 'anyOf']) {
    const parts = (input as Record<string, unknown> | null)?.[join];
    if (Array.isArray(parts)) return [join, parts];
  }
  return ['', undefined];
}
