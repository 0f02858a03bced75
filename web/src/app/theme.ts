// Light or dark: the user's choice, or the system's.

import { useEffect } from 'react';
import { useStore } from '../state/store';

export function useTheme(): void {
  const theme = useStore((state) => state.theme);
  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const apply = (): void => {
      const dark = theme === 'dark' || (theme === 'auto' && scheme.matches);
      document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    };
    apply();
    scheme.addEventListener('change', apply);
    return () => scheme.removeEventListener('change', apply);
  }, [theme]);
}
