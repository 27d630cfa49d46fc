import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Before anything is laid out: a telephone's. */
const FIRST_WIDTH = 320;

/** The width of an element in pixels, kept up to date: a chart is drawn for it, so that its text stays readable. */
export function useWidth(): { box: RefObject<HTMLDivElement>; width: number } {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(FIRST_WIDTH);
  useEffect(() => {
    const element = box.current;
    if (element === null) {
      return undefined;
    }
    const observer = new ResizeObserver(() => setWidth(Math.max(200, Math.floor(element.clientWidth))));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, width };
}
