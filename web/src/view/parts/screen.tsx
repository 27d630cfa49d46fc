import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { useLocale } from '../../locale/locale';
import { NoticeBox } from './notice';

/** One screen. When it appears, the focus goes to its title, so that a screen reader begins there. */
export function Screen(props: {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Shown by the receipt's page, which has no voter. */
  readonly bare?: boolean;
}): JSX.Element {
  const { texts } = useLocale();
  const title = useRef<HTMLHeadingElement>(null);
  const shown = useRef(false);
  useEffect(() => {
    document.title = `${props.title} · ${texts.electronicVote}`;
    if (!shown.current) {
      shown.current = true;
      title.current?.focus({ preventScroll: true });
      scrollTo({ top: 0 });
    }
  }, [props.title, texts]);
  return (
    <>
      {props.bare !== true && <NoticeBox />}
      <article class="sheet stack">
        <h1 tabIndex={-1} ref={title}>
          {props.title}
        </h1>
        {props.children}
      </article>
    </>
  );
}
