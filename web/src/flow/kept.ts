// What the vault holds between a voter's coming and casting, and where a reload takes them up again.

import { shapeOf, type Shape } from '../encoding/shape';
import { begin, type Flow, type Notice, type Step, type Visit } from './state';

/** Registrars, contests and options at most: the limits of the chain, rounded up. */
const MAX_LIST = 256;

/** What is kept. */
export interface Kept {
  readonly flow: Flow;
  /** Key, blindings and signatures, as the booth gave them; `null` before there are any. */
  readonly secrets: string | null;
  /** The state of a sign-in with OpenID Connect that has led away from the page. */
  readonly oidcState: string | null;
}

/** Screens that a reload leads to; an encrypted ballot is encrypted anew, since its randomness is not kept. */
const LANDING: Record<Step, Step> = {
  overview: 'overview',
  signIn: 'signIn',
  application: 'application',
  code: 'code',
  ballot: 'ballot',
  review: 'review',
  recording: 'review',
  sealed: 'review',
  challenged: 'ballot',
  // These are never kept here: casting empties the vault.
  delivering: 'overview',
  final: 'overview',
};

function visit(shape: Shape): Visit {
  return {
    registrar: shape.field('registrar').count(),
    token: shape.field('token').text(),
    link: shape.field('link').text(),
    district: shape.field('district').count(),
    voterNumber: shape.field('voterNumber').text(),
    ends: shape.field('ends').count(),
  };
}

function flow(shape: Shape): Flow {
  const step = shape.field('step').oneOf(...(Object.keys(LANDING) as Step[]));
  const visits = shape.field('visits').list(MAX_LIST, visit);
  const landing = LANDING[step];
  const notice: Notice | null = landing === 'overview' ? null : { kind: 'resumed' };
  return {
    ...begin(shape.field('plan').list(MAX_LIST, (registrar) => registrar.count())),
    step: landing,
    visits,
    signedIn: shape.field('signedIn').optional((voter) => ({
      token: voter.field('token').text(),
      voterNumber: voter.field('voterNumber').text(),
      district: voter.field('district').count(),
      phoneHint: voter.field('phoneHint').text(),
    })),
    district: shape.field('district').optional((district) => district.count()),
    voterNumber: shape.field('voterNumber').optional((number) => number.text()),
    selections: shape
      .field('selections')
      .list(MAX_LIST, (selection) => selection.list(MAX_LIST, (option) => option.flag())),
    signatures: shape.field('signatures').count(),
    checks: shape.field('checks').count(),
    notice,
  };
}

/** Reads what was kept; `null` where it is not of this version of the page. */
export function readKept(value: unknown): Kept | null {
  if (value === null) {
    return null;
  }
  try {
    const shape = shapeOf(value, 'vault');
    return {
      flow: flow(shape.field('flow')),
      secrets: shape.field('secrets').optional((secrets) => secrets.text()),
      oidcState: shape.field('oidcState').optional((state) => state.text()),
    };
  } catch {
    return null;
  }
}
