// What goes between the page and the worker that runs the light client.

/** To the worker: the chain's specification first, then JSON-RPC. */
export type ToWorker = { readonly kind: 'begin'; readonly specification: string } | { readonly kind: 'ask'; readonly text: string };

/** From the worker. */
export type FromWorker =
  | { readonly kind: 'begun' }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly why: string };
