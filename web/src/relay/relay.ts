// Hands a sealed envelope to a relay.

/** A relay that has not answered for so long is given up, and another asked. */
const ANSWER_MS = 15_000;

/** A relay that does not take the envelope; another one will. */
export class RelayRefused extends Error {
  constructor(
    readonly url: string,
    /** The HTTP status; 0 where it could not be reached. */
    readonly status: number,
  ) {
    super(status === 0 ? `${url} cannot be reached` : `${url} answered ${status}`);
  }
}

/** Resolves when the relay has stored the envelope durably. */
export async function handOver(url: string, envelope: Uint8Array<ArrayBuffer>): Promise<void> {
  let response: Response;
  try {
    response = await fetch(`${url}/v1/envelopes`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: envelope,
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch {
    throw new RelayRefused(url, 0);
  }
  if (response.status !== 202) {
    throw new RelayRefused(url, response.status);
  }
}
