/**
 * Why something that was made for a proof, a signature or a ceremony is refused.
 *
 * `kind` and `details` name the failure as the shared vectors do, so that both verifiers can be held to
 * the same reason and not only to the same "no".
 */
export class Refusal extends Error {
  constructor(
    readonly kind: string,
    readonly details: Readonly<Record<string, string | number>> | string = {},
  ) {
    super(describe(kind, details));
  }
}

function describe(kind: string, details: Readonly<Record<string, string | number>> | string): string {
  if (typeof details === "string") return `${kind}(${details})`;
  const fields = Object.entries(details).map(([name, value]) => `${name}: ${value}`);
  return fields.length === 0 ? kind : `${kind} { ${fields.join(", ")} }`;
}

/** What a check came to: nothing, or the reason of its refusal. Any other error is a defect, and thrown on. */
export function refusalOf(check: () => void): Refusal | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
