// Whom the page reads from, and what is verified: always in sight, above every figure.

import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { useNow } from '../../view/parts/time';
import { type Texts, useTexts } from '../texts/texts';
import type { Incident, Kind, Reading, View } from '../watch/observer';
import { number } from './format';

/** A chain that is at work has a new final block every three seconds. */
const STALE_MS = 45_000;

function reads(reading: Reading, texts: Texts): string {
  const words = texts.source;
  if (reading.kind === 'light') {
    return reading.live ? words.readingLight(reading.peers) : words.starting;
  }
  return reading.live ? words.readingNode(reading.name) : words.asking(reading.name);
}

function Age(props: { readonly time: number }): JSX.Element {
  const { language } = useLocale();
  const texts = useTexts();
  const age = Math.max(0, Math.round((useNow() - props.time) / 1_000));
  return <>{age < 120 ? texts.ago(number(language, age)) : texts.agoMinutes(number(language, Math.round(age / 60)))}</>;
}

/** The newest final block, who signed for it, and how old it is. */
function Head(props: { readonly view: View }): JSX.Element | null {
  const { language } = useLocale();
  const words = useTexts().source;
  const { figures, validators } = props.view;
  const stale = useNow() - (figures?.block.time ?? 0) > STALE_MS;
  if (figures === null) {
    return null;
  }
  const latest = validators?.blocks.findLast(({ signers }) => signers.length > 0);
  return (
    <>
      <p class="head-block">
        {words.final(number(language, figures.block.number))}
        {latest !== undefined && <>, {words.signedBy(latest.signers.length, latest.signable)}</>}
        {' · '}
        <Age time={figures.block.time} />
      </p>
      {stale && (
        <p class="notice" data-kind="warn" role="status">
          {words.stale}
        </p>
      )}
    </>
  );
}

function incidentText({ name, kind }: Incident, texts: Texts): string {
  const words = texts.source;
  if (name === '') {
    return kind === 'lies' ? words.lightLies : words.lightFails;
  }
  return kind === 'lies' ? words.lies(name) : words.fails(name);
}

function Incidents(props: { readonly incidents: readonly Incident[] }): JSX.Element {
  const texts = useTexts();
  return (
    <div role="alert" class="stack">
      {props.incidents.map((incident) => (
        <div key={`${incident.name} ${incident.kind}`} class="notice" data-kind={incident.kind === 'lies' ? 'bad' : 'warn'}>
          <p>{incidentText(incident, texts)}</p>
          <details class="small">
            <summary>{texts.source.details}</summary>
            <p lang="en" dir="ltr" class="address">
              {incident.detail}
            </p>
          </details>
        </div>
      ))}
    </div>
  );
}

function Choice(props: { readonly kind: Kind | null; readonly choose: (kind: Kind) => void }): JSX.Element {
  const words = useTexts().source;
  const names = { light: words.light, node: words.node } as const;
  return (
    <div class="source-choice" role="group" aria-label={words.choose}>
      {(['light', 'node'] as const).map((kind) => (
        <button key={kind} type="button" aria-pressed={kind === props.kind ? 'true' : 'false'} onClick={() => props.choose(kind)}>
          {names[kind]}
        </button>
      ))}
    </div>
  );
}

/** Where all of this comes from. */
export function SourceBand(props: { readonly view: View; readonly hasLight: boolean; readonly choose: (kind: Kind) => void }): JSX.Element {
  const texts = useTexts();
  const words = texts.source;
  const { reading, incidents, exhausted, unknownElection, figures } = props.view;
  const verified = reading?.live === true && figures !== null;
  return (
    <section class="sheet stack source-band" aria-labelledby="source">
      <h2 id="source" class="unseen">
        {words.title}
      </h2>
      <div class="source-row">
        <span class="badge" data-kind={verified ? 'good' : undefined} data-verified={verified ? 'yes' : 'no'}>
          {verified ? words.verified : words.unverified}
        </span>
        <p data-source={reading?.kind ?? 'none'} data-live={reading?.live === true ? '' : undefined} class={reading?.live === true ? '' : 'waiting'}>
          {reading === null ? texts.loading : reads(reading, texts)}
        </p>
        {props.hasLight && <Choice kind={reading?.kind ?? null} choose={props.choose} />}
      </div>
      <Head view={props.view} />
      {exhausted && (
        <p class="notice" data-kind="bad" role="alert">
          {words.exhausted}
        </p>
      )}
      {unknownElection && (
        <p class="notice" data-kind="bad" role="alert">
          {words.unknownElection}
        </p>
      )}
      <Incidents incidents={incidents} />
      <details class="small">
        <summary>{words.what}</summary>
        <div class="stack">
          <p>{reading?.kind === 'node' ? words.nodeWhat : words.lightWhat}</p>
          <p>{words.trust}</p>
        </div>
      </details>
    </section>
  );
}
