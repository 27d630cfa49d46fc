import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import { credentialed, sessionEnds } from '../../flow/state';
import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { useNow } from './time';

/** From here on the clock is shown as a warning. */
const LATE_MS = 180_000;

/** The remaining time of the ballot session, in words; announced once a minute, not once a second. */
export function Clock(): JSX.Element | null {
  const { texts } = useLocale();
  const { voter, flow } = useStage();
  const now = useNow();
  const ends = sessionEnds(flow);
  const left = ends === null ? null : ends - now;
  const over = left !== null && left <= 0;
  useEffect(() => {
    if (over) {
      voter.expire();
    }
  }, [over, voter]);
  if (credentialed(flow)) {
    return <p class="notice">{texts.ballot.credentialed}</p>;
  }
  if (left === null) {
    return null;
  }
  const minutes = Math.floor(left / 60_000);
  const words = minutes < 1 ? texts.ballot.lessThanMinute : texts.ballot.minutes(minutes);
  return (
    <p class="clock" data-late={left < LATE_MS ? '' : undefined}>
      <strong role="timer" aria-live="off">
        {texts.ballot.left(words)}
      </strong>
      <span class="unseen" role="status">
        {minutes <= 2 ? texts.ballot.left(words) : ''}
      </span>
    </p>
  );
}
