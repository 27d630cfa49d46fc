import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Screen } from '../parts/screen';
import { number, useNow } from '../parts/time';

/** An average in whole minutes, at least one. */
function minutesOf(seconds: number): number {
  return Math.max(1, Math.round(seconds / 60));
}

export function DeliveringScreen(): JSX.Element {
  const { texts, language } = useLocale();
  const { flow, configuration, election } = useStage();
  const now = useNow();
  const words = texts.delivering;
  const { progress, delivery } = flow;
  const relayed = configuration.relays.length > 0;
  const handed = progress.handedOver > 0;
  const elapsed = Math.floor((now - (delivery?.castAt ?? now)) / 60_000);
  const mean = texts.ballot.minutes(minutesOf(configuration.hops * election.manifest.relayDelay));
  return (
    <Screen title={words.title}>
      <p class="lead">{relayed ? words.relays(configuration.hops, mean) : words.direct}</p>
      <p>{words.stay}</p>
      <ol class="track">
        <li data-state="done">
          <strong>{words.stepCast}</strong>
          <span class="soft small">
            {words.since(elapsed < 1 ? texts.ballot.lessThanMinute : texts.ballot.minutes(elapsed))}
          </span>
        </li>
        <li data-state={progress.confirmed.length > 0 ? 'done' : 'now'}>
          <strong>{relayed ? words.stepRelays : words.waiting}</strong>
          <span class="soft small">
            <span role="status">
              {handed ? words.path(progress.path.join(' → ')) : words.waiting}
              {progress.handedOver > 1 && ` ${words.again(progress.handedOver)}`}
            </span>
          </span>
        </li>
        <li data-state={progress.confirmed.length > 0 ? 'now' : undefined}>
          <strong>{words.stepFinal}</strong>
          <span class="soft small">
            {progress.confirmed.length > 0
              ? words.confirmed(progress.confirmed.length, progress.asked.length)
              : progress.looked > 0 && words.looked(number(language, progress.looked))}
          </span>
        </li>
      </ol>
      {progress.looked === 0 && handed && <p class="notice" data-kind="warn">{words.nodesSilent}</p>}
      {progress.lastResort && <p class="notice">{words.lastResort}</p>}
      {progress.refuted.length > 0 && (
        <p class="notice" data-kind="bad" role="alert">
          {words.refuted(progress.refuted.join(', '))}
        </p>
      )}
    </Screen>
  );
}
