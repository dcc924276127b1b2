// The product's sign: a gate with two doors, one of them closed.
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <path
        d="M4 29V14a12 12 0 0 1 24 0v15"
        fill="none"
        stroke="var(--sp-strong)"
        strokeWidth="3"
        strokeLinecap="round"
      />
      <path d="M10 29V15a6 6 0 0 1 6-6v20z" fill="var(--sp-strong)" />
      <path
        d="M16 9a6 6 0 0 1 6 6v14"
        fill="none"
        stroke="var(--sp-strong)"
        strokeWidth="2"
        opacity="0.55"
      />
    </svg>
  );
}
