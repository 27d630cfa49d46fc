import type { JSX } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';

import type { Notice } from '../../flow/state';
import { type Catalogue, useLocale } from '../../locale/locale';
import { StageContext } from '../context';

type Problems = Catalogue['problems'];
type Kind = 'info' | 'warn' | 'bad';

/** Codes that the registrars use for what the page has its own words for. */
const SAME_AS: Readonly<Record<string, keyof Problems>> = {
  unknown_voter: 'not_on_the_roll',
  not_participant: 'not_participating',
  code_wrong: 'wrong_code',
  no_code: 'code_expired',
  code_locked: 'too_many_tries',
  too_many_requests: 'rate_limited',
  session_unknown: 'session_expired',
  unauthorized: 'not_signed_in',
  one_change_a_day: 'too_soon',
  registration_closed: 'outside_window',
};

function problemText(code: string, texts: Problems): string {
  const name = SAME_AS[code] ?? code;
  const text = Object.hasOwn(texts, name) ? texts[name as keyof Problems] : null;
  return typeof text === 'string' ? text : texts.failed;
}

/** The notice in words, how grave it is, and what lies behind it. */
function worded(notice: Notice, texts: Problems): { text: string; kind: Kind; detail?: string } {
  switch (notice.kind) {
    case 'problem':
      return { text: problemText(notice.code, texts), kind: 'warn', detail: notice.detail };
    case 'sessionExpired':
      return { text: texts.session_expired, kind: 'warn' };
    case 'resumed':
      return { text: texts.resumed, kind: 'info' };
    case 'districtsDiffer':
      return { text: texts.districts_differ, kind: 'bad' };
    case 'offline':
      return { text: texts.offline, kind: 'warn' };
    case 'ballotRefused':
      return { text: `${texts.refused(notice.code)} ${texts.refusedWhat}`, kind: 'bad' };
    case 'failed':
      return { text: texts.failed, kind: 'bad', detail: notice.detail };
  }
}

/** What the voter must be told; takes the focus when it appears, so that nobody misses it. */
export function NoticeBox(): JSX.Element {
  const { texts } = useLocale();
  const notice = useContext(StageContext)?.flow.notice ?? null;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (notice !== null && notice.kind !== 'resumed') {
      box.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [notice]);
  if (notice === null) {
    return <div role="alert" ref={box} />;
  }
  const { text, kind, detail } = worded(notice, texts.problems);
  const retryAfter = notice.kind === 'problem' ? notice.retryAfter : null;
  return (
    <div role="alert" ref={box}>
      <div class="notice stack" data-kind={kind}>
        <p>
          {text} {retryAfter !== null && texts.problems.retryIn(retryAfter)}
        </p>
        {detail !== undefined && (
          <details class="small">
            <summary>{texts.problems.details}</summary>
            <p lang="en" dir="ltr">
              {detail}
            </p>
          </details>
        )}
      </div>
    </div>
  );
}
