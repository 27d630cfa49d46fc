// A registrar's error (RFC 9457), and what a voter can do about it.

import { Shape, shapeOf } from '../encoding/shape';

/** What went wrong at a registrar. */
export class Problem extends Error {
  constructor(
    /** The HTTP status; 0 where the service could not be reached. */
    readonly status: number,
    /** What it is called in the service's interface. */
    readonly code: string,
    /** In words, in English. */
    readonly detail: string,
    /** When to try again. */
    readonly retryAfter: number | null,
  ) {
    super(`${code}: ${detail}`);
  }

  /** Whether the same request may succeed later, with nothing changed. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

/** A service that cannot be reached. */
export function unreachable(url: string): Problem {
  return new Problem(0, 'unreachable', `${url} cannot be reached`, null);
}

/** Reads a problem; a service that answers otherwise has failed, too. */
export function readProblem(status: number, body: unknown, retryAfter: string | null): Problem {
  const header = retryAfter === null || !/^\d{1,6}$/.test(retryAfter) ? null : Number(retryAfter);
  try {
    const shape = shapeOf(body, 'problem');
    const text = (field: Shape) => field.text();
    return new Problem(
      status,
      shape.field('code').text(),
      shape.field('detail').optional(text) ?? shape.field('title').text(),
      shape.field('retry_after_seconds').optional((seconds) => seconds.count()) ?? header,
    );
  } catch {
    return new Problem(status, 'failed', `the service answered ${status}`, header);
  }
}

/** Whether an error is a registrar's word with this code. */
export function isProblem(error: unknown, ...codes: readonly string[]): error is Problem {
  return error instanceof Problem && (codes.length === 0 || codes.includes(error.code));
}
