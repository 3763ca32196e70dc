import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

/** The one accent: sea green, dark enough at 8 to carry white text (WCAG 2.2, 4.5:1). */
const tide: MantineColorsTuple = [
  '#e9faf6',
  '#d3f3eb',
  '#a6e6d6',
  '#75d8c0',
  '#4fccae',
  '#37c4a2',
  '#1f9c80',
  '#117a64',
  '#0b6655',
  '#044f42',
]

/** Quiet greys with a little blue; 7 to 9 are the dark scheme's surfaces. */
const dark: MantineColorsTuple = [
  '#e4e7eb',
  '#c5cad1',
  '#9aa2ad',
  '#737d8a',
  '#3c444e',
  '#2a3038',
  '#1f242b',
  '#14181d',
  '#0e1114',
  '#090b0d',
]

/** Mantine's dialogs have a `header`, which stands outside of the page's own and would be a second banner of it. */
const notBanner = { role: 'presentation' }

export const theme = createTheme({
  colors: { tide, dark },
  primaryColor: 'tide',
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  luminanceThreshold: 0.32,
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.4' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  defaultRadius: 'sm',
  radius: { sm: '6px' },
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    CloseButton: { defaultProps: { 'aria-label': 'Close' } },
    Modal: {
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        overlayProps: { backgroundOpacity: 0.4 },
        attributes: { header: notBanner },
      },
    },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, attributes: { header: notBanner } } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
    Anchor: { defaultProps: { underline: 'hover' } },
  },
})

/** Mantine's quiet text and its errors are too pale on our surfaces (WCAG 2.2, 4.5:1); they take ours (base.css). */
export const cssVariables: CSSVariablesResolver = () => {
  const ours = {
    '--mantine-color-dimmed': 'var(--text-quiet)',
    '--mantine-color-placeholder': 'var(--text-quiet)',
    '--mantine-color-error': 'var(--bad)',
  }
  return { variables: {}, light: ours, dark: ours }
}
