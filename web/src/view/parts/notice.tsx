import type { JSX } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';

import type { Notice } from '../../flow/state';
import { type Catalogue, useLocale } from '../../locale/locale';
import { StageContext } from '../context';

type Problems = Catalogue['problems'];
type Kind = 'info' | 'warn' | 'bad';

function problemText(code: string, texts: Problems): string {
  const text = Object.hasOwn(texts, code) ? texts[code as keyof Problems] : null;
  return typeof text === 'string' ? text : texts.failed;
}

/** `NotVoting` (PSE-EXT-3). */
const NOT_VOTING = 4;

function refusalText(code: number | null, texts: Problems): string {
  return code === NOT_VOTING ? texts.missed : texts.refused(code);
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
    case 'selectAgain':
      return { text: texts.select_again, kind: 'info' };
    case 'votersDiffer':
      return { text: texts.voters_differ, kind: 'bad' };
    case 'registrarsMixedUp':
      return { text: texts.registrars_mixed_up, kind: 'bad' };
    case 'districtsDiffer':
      return { text: texts.districts_differ, kind: 'bad' };
    case 'offline':
      return { text: texts.offline, kind: 'warn' };
    case 'ballotRefused':
      return { text: `${refusalText(notice.code, texts)} ${texts.refusedWhat}`, kind: 'bad' };
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
