/** The icons: one stroke weight, 16 px, drawn with the colour of the text. */
import type { ReactNode } from "react";

const SHAPES = {
  helm: (
    <>
      <circle cx="8" cy="8" r="5" />
      <circle cx="8" cy="8" r="1.5" />
      <path d="M8 .8v5.7M8 9.5v5.7M1.8 4.400 6.700 7.250M9.300 8.750l4.900 2.850M1.800 11.600l4.900-2.850M9.300 7.250l4.900-2.850" />
    </>
  ),
  agent: (
    <>
      <path d="M8 1.800 13.400 4.900v6.200L8 14.200 2.600 11.100V4.900Z" />
      <circle cx="8" cy="8" r="1.800" />
    </>
  ),
  tool: (
    <path d="m3 13 5.200-5.200M9.800 9.400A3.300 3.300 0 0 0 13.700 5l-2 2-2.200-.500-.500-2.200 2-2A3.300 3.300 0 0 0 6.600 6.200" />
  ),
  asked: <path d="M8 1.500 14.500 8 8 14.500 1.500 8ZM8 5v3.600M8 10.700v.1" />,
  approved: <path d="M8 1.500 14.500 8 8 14.500 1.500 8ZM5.600 8.100l1.700 1.700 3.200-3.400" />,
  rejected: (
    <path d="M8 1.500 14.500 8 8 14.500 1.500 8ZM6.200 6.200l3.600 3.600M9.800 6.200 6.200 9.800" />
  ),
  control: <path d="M4 8h8" />,
  note: <path d="M3 2.500h10v7.500l-3.500 3.500H3ZM9.500 13.500V10H13M5.500 5.500h5M5.500 8h3" />,
  person: (
    <path d="M8 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 8 8ZM2.800 14c.6-2.700 2.600-4 5.200-4s4.600 1.300 5.200 4" />
  ),
  share: (
    <path d="M6.500 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 6.500 8ZM1.300 14c.6-2.700 2.600-4 5.200-4 1.600 0 2.900.500 3.900 1.400M13 9v5M10.500 11.500h5" />
  ),
  thought: (
    <path d="M3.200 9.300A4.400 4.400 0 0 1 7 2.600a4.500 4.500 0 0 1 5.600 5.300 3.400 3.400 0 0 1-3.500 3H6M5.600 13.200v.1M3.500 14.600v.1" />
  ),
  withheld: <path d="M2 8s2.200-4 6-4 6 4 6 4-2.200 4-6 4-6-4-6-4ZM2.500 13.500l11-11" />,
  chevron: <path d="m6 4 4 4-4 4" />,
  down: <path d="M8 3v10M4 9l4 4 4-4" />,
  up: <path d="M8 13V3M4 7l4-4 4 4" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  pencil: <path d="M2.800 13.200 3.500 10 11 2.500 13.500 5 6 12.500Z" />,
  check: <path d="m3 8.500 3.200 3.200L13 4.800" />,
  stop: <path d="M4 4h8v8H4Z" />,
  warn: <path d="M8 2 14.600 13.500H1.400ZM8 6.500v3M8 11.500v.1" />,
  bell: (
    <path d="M3.500 11.500c1-1 1-2 1-4a3.500 3.500 0 0 1 7 0c0 2 0 3 1 4ZM6.700 13.500a1.500 1.500 0 0 0 2.600 0" />
  ),
  copy: <path d="M5.500 5.500h8v8h-8ZM10.500 5.500v-3h-8v8h3" />,
  undo: <path d="M5.500 3 2.500 6l3 3M2.500 6h7a4 4 0 0 1 0 8H6" />,
  theme: (
    <>
      <circle cx="8" cy="8" r="5.500" />
      <path d="M8 2.500v11a5.500 5.500 0 0 0 0-11Z" fill="currentColor" />
    </>
  ),
  keys: (
    <path d="M1.500 4h13v8.500h-13ZM4 6.500h.1M6.700 6.500h.1M9.300 6.500h.1M12 6.500h.1M5 10h6" />
  ),
  key: (
    <path d="M7 9 13.500 2.500M11 5l2 2M2.200 11.200a2.600 2.600 0 1 0 5.200 0a2.600 2.600 0 1 0-5.200 0Z" />
  ),
  out: <path d="M6.500 2.500h-4v11h4M10 5l3 3-3 3M13 8H6" />,
  plus: <path d="M8 3v10M3 8h10" />,
  file: <path d="M3.500 1.800h6L12.500 5v9.200h-9ZM9.200 1.800V5.300h3.300" />,
  cut: <path d="M1 8c1.500-2.500 3-2.500 4.700 0s3.200 2.500 4.700 0 3-2.500 4.600 0" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof SHAPES;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {SHAPES[name]}
    </svg>
  );
}
