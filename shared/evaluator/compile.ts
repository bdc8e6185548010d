/** From text to a compiled expression. Runs in the child process. */
import type jsonataFunction from 'jsonata';
import type { Expression as CompiledExpression, JsonataOptions } from 'jsonata';
import type { LanguageLevel } from '../domain/language-level.ts';
import { extraFunctions } from './functions.ts';
import { checkLanguage, LanguageError } from './language.ts';
import type { Failure } from './protocol.ts';

export type Compile = (text: string, level: LanguageLevel) => CompiledExpression;

const guardrails: JsonataOptions = {
  stack: 300,
  sequence: 100_000,
  // Not a budget, the parent keeps that. It ends a loop whose parent is gone.
  timeout: 60_000,
};
const doubleEqualsMax = 100;
const reasonLengthMax = 500;

export function makeCompile(jsonata: typeof jsonataFunction): Compile {
  return (text, level) => {
    const expression = parse(jsonata, text);
    checkLanguage(expression.ast(), level);
    // The check refuses its name; this is for the day a release gives it a second one.
    expression.registerFunction('eval', () => {
      throw new LanguageError('$eval is not available');
    });
    for (const [name, implementation] of Object.entries(extraFunctions)) {
      expression.registerFunction(name, implementation);
    }
    return expression;
  };
}

/**
 * Parses a text, reading `==` as `=`. The parser itself says where a second `=` stands that it
 * cannot use, so text in quotes and patterns is never touched, and positions stay what they are.
 */
function parse(jsonata: typeof jsonataFunction, text: string): CompiledExpression {
  let current = text;
  for (let replaced = 0; ; replaced += 1) {
    try {
      return jsonata(current, guardrails);
    } catch (error) {
      const end = positionOf(error) ?? 0;
      const isDoubled = codeOf(error) === 'S0211' && current.slice(end - 2, end) === '==';
      if (!isDoubled || replaced >= doubleEqualsMax) throw error;
      current = `${current.slice(0, end - 1)} ${current.slice(end)}`;
    }
  }
}

/** What an error of compiling or evaluating says to the integration engineer. */
export function failureOf(name: string, error: unknown): Failure {
  const code = codeOf(error);
  const message = fieldOf(error, 'message');
  const what = typeof message === 'string' ? message : 'evaluation failed';
  const reason = code === undefined ? what : `${code}: ${what}`;
  const position = positionOf(error);
  return {
    name,
    ok: false,
    reason: reason.length > reasonLengthMax ? `${reason.slice(0, reasonLengthMax)}…` : reason,
    ...(position === undefined ? {} : { position }),
  };
}

function positionOf(error: unknown): number | undefined {
  const position = fieldOf(error, 'position');
  return typeof position === 'number' ? position : undefined;
}

function codeOf(error: unknown): string | undefined {
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

/** JSONata throws plain objects as well as errors. */
function fieldOf(error: unknown, field: string): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  return (error as Readonly<Record<string, unknown>>)[field];
}
