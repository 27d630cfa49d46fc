// State that lives outside the components.

import { useLayoutEffect, useState } from 'preact/hooks';

import type { Live } from '../../live';

/**
 * What `source` holds, now and after every change.
 *
 * Listens before the browser paints, and reads once more then: on a slow machine an effect runs long after the
 * first picture, and a change between the two would be missed for ever.
 */
export function useLive<T>(source: Live<T>): T {
  const [value, setValue] = useState(source.current);
  useLayoutEffect(() => {
    const end = source.listen(setValue);
    setValue(source.current);
    return end;
  }, [source]);
  return value;
}
