// The ballot that is on its way, and the receipt: all that remains after casting. Neither tells the
// selections to anybody.

import type { Delivery, Receipt } from '../flow/state';
import { isHex } from '../encoding/hex';
import { destroy, get, put } from './database';

/** The database of what remains. */
export const DELIVERIES = 'psephos-delivery';

const DELIVERY = 'delivery';
const RECEIPT = 'receipt';

function isDelivery(value: unknown): value is Delivery {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { election, genesis, tracker, account, extrinsic, castAt, ballotsBefore } = value as Record<string, unknown>;
  return (
    typeof election === 'number' &&
    typeof castAt === 'number' &&
    typeof ballotsBefore === 'number' &&
    isHex(genesis, 32) &&
    isHex(tracker, 32) &&
    isHex(account, 32) &&
    isHex(extrinsic)
  );
}

function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { text, block } = value as Record<string, unknown>;
  return typeof text === 'string' && typeof block === 'number';
}

/** Keeps a ballot that is cast; resolves when it is on disk. */
export async function keepDelivery(delivery: Delivery): Promise<void> {
  await put(DELIVERIES, DELIVERY, delivery);
}

/** Keeps the receipt beside it. */
export async function keepReceipt(receipt: Receipt): Promise<void> {
  await put(DELIVERIES, RECEIPT, receipt);
}

/** A ballot that was cast, and its receipt once there is one. */
export interface Remains {
  readonly delivery: Delivery;
  readonly receipt: Receipt | null;
}

/** What remains of this election. */
export async function remains(election: number, genesis: string): Promise<Remains | null> {
  const delivery = await get(DELIVERIES, DELIVERY);
  if (!isDelivery(delivery) || delivery.election !== election || delivery.genesis !== genesis) {
    return null;
  }
  const receipt = await get(DELIVERIES, RECEIPT);
  return { delivery, receipt: isReceipt(receipt) ? receipt : null };
}

/** Forgets ballot and receipt, as a voter on somebody else's device will want to. */
export async function forget(): Promise<void> {
  await destroy(DELIVERIES);
}
