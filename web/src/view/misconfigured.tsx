import type { JSX } from 'preact';

import { useLocale } from '../locale/locale';
import { Screen } from './parts/screen';
import { Shell } from './shell';

/** Shown in place of a page whose configuration cannot be read. */
export function Misconfigured(props: { readonly detail: string }): JSX.Element {
  const { texts } = useLocale();
  return (
    <Shell title={null} stage={null} page={null}>
      <Screen title={texts.broken.title} bare>
        <p class="notice" data-kind="bad" role="alert">
          {texts.broken.configuration} {props.detail}
        </p>
      </Screen>
    </Shell>
  );
}
