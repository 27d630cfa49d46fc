// All that the voter's page shows, and how changes to it are told.

import type { Configuration } from '../configuration';
import type { Disagreement, Election } from '../chain/witnesses';
import type { Live } from '../live';
import type { Office } from '../registrar/registrar';
import { begin, type Flow } from './state';

/** Why the page cannot go on. */
export type Broken =
  | { readonly kind: 'configuration'; readonly detail: string }
  | { readonly kind: 'browser' }
  | { readonly kind: 'manifestHash' }
  | { readonly kind: 'registrarManifest' }
  | { readonly kind: 'nodes'; readonly disagreement: Disagreement };

/** What the page is doing at large. */
export type Situation =
  | { readonly kind: 'loading' }
  | { readonly kind: 'broken'; readonly why: Broken }
  /** The vote is open in another tab; `lost` when it was taken from this one. */
  | { readonly kind: 'elsewhere'; readonly lost: boolean }
  | { readonly kind: 'ready' };

/** All that the page shows. */
export interface Model {
  readonly situation: Situation;
  readonly configuration: Configuration | null;
  readonly election: Election | null;
  readonly flow: Flow;
  /** What the registrar that is visited now says of itself. */
  readonly office: Office | null;
  /** The chain's pace, as a registrar tells it. */
  readonly secondsPerBlock: number | null;
  /** Whether everything was removed from the device. */
  readonly forgotten: boolean;
}

/** Before anything is known. */
export const BLANK_MODEL: Model = {
  situation: { kind: 'loading' },
  configuration: null,
  election: null,
  flow: begin([]),
  office: null,
  secondsPerBlock: null,
  forgotten: false,
};

/** A model that tells when it changes. */
export class Store implements Live<Model> {
  private held = BLANK_MODEL;
  private readonly listeners = new Set<(model: Model) => void>();

  get current(): Model {
    return this.held;
  }

  /** Changes some of it. */
  change(changes: Partial<Model>): void {
    this.held = { ...this.held, ...changes };
    this.listeners.forEach((listener) => listener(this.held));
  }

  listen(listener: (model: Model) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
